//! The shipped items, files that are wrong, and a real list with its dirt.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tongban_protocol::catalogue::kind::Status;

use super::*;
use crate::city::City;

#[test]
fn the_shipped_items_are_fifty_facts_and_their_faults_are_told() {
    let items = City::suining().items;
    assert_eq!(items.iter().count(), 50);
    let historic = items.iter().filter(|it| it.item.status == Status::Historic).count();
    assert_eq!((historic, items.without_limits().count()), (6, 8));
    let said = |it: &Listed| {
        let faults = it.faults.iter().map(|fault| format!("{}: {}", fault.field, fault.zh()));
        format!("{} {}", it.item.id, faults.collect::<Vec<_>>().join("; "))
    };
    let faulty: Vec<String> = items.iter().filter(|it| !it.faults.is_empty()).map(said).collect();
    insta::assert_snapshot!(faulty.join("\n"), @r#"
    T16 valid_to: 历史事项须写明失效日期 valid_to
    T19 steps: 各环节合计 11 个工作日 + 3 日，长于承诺时限 11 个工作日；请缩短环节或改承诺
    C03 fee: 收费而无依据；没有法律、行政法规依据不得收费（行政许可法第五十八条）
    C04 valid_to: 历史事项须写明失效日期 valid_to
    C05 valid_to: 历史事项须写明失效日期 valid_to
    C06 valid_to: 历史事项须写明失效日期 valid_to
    C09 valid_to: 历史事项须写明失效日期 valid_to
    C10 valid_to: 历史事项须写明失效日期 valid_to
    "#);
    let by = |id: &str| items.iter().find(|it| it.item.id.as_str() == id).unwrap();
    let march = Limit::By(YearDay { month: 3, day: 31 });
    assert_eq!(by("T17").item.legal.as_ref().unwrap().limit, march);
    assert_eq!(by("C13").item.steps[1].limit.as_ref().unwrap().limit, Limit::Hours(23));
    let note = by("T08").item.promise.as_ref().unwrap().note.as_deref();
    assert_eq!(note, Some("不含公示7日的口径待核"));
    assert_eq!((by("T01").item.legal.clone(), by("T01").sources.len()), (None, 2));
    assert_eq!(by("T01").sources[0].trust, "A");
}

fn refusal(from: &str, to: &str) -> String {
    let sound = r#"{"items": [{"id": "T01", "name": "登记", "kind": "公共服务", "status": "current",
        "case_type": "承诺件", "promised_limit": {"value": 3, "unit": "工作日"}}]}"#;
    assert!(Items::parse("items.json", sound).is_ok());
    assert!(sound.contains(from), "{from}");
    Items::parse("items.json", &sound.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_read_is_refused_with_item_and_field() {
    let all = [
        refusal("T01", "T 01"),
        refusal("公共服务", "服务"),
        refusal("承诺件", "承诺"),
        refusal("工作日", "周"),
        refusal("3", "-3"),
        refusal("3, \"unit\": \"工作日\"", "\"三月\", \"unit\": \"期日\""),
        refusal("\"kind\"", "\"sort\""),
        refusal("]}", ""),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    items.json: item T 01: id: `T 01` is no id of an item: 1 to 40 letters and digits of ASCII are needed, with `-` between them
    items.json: item T01: kind: `服务` is no kind of item; there are permit, other-approval, benefit, confirmation, reward, ruling, other-power, service
    items.json: item T01: case_type: `承诺` is no sort of case; write `即办件`, `承诺件` or `上报件`
    items.json: item T01: promised_limit: `周` is no unit; write `工作日`, `日`, `小时` or `期日`
    items.json: item T01: promised_limit: `-3` is no number of 工作日
    items.json: item T01: promised_limit: `三月` is no day of the year; write it like `每年3月31日前`
    items.json: item T01: shape: unknown field `sort`, expected one of `id`, `name`, `department`, `tier`, `accept_at`, `decide_at`, `kind`, `seed_class`, `legal_limit`, `promised_limit`, `case_type`, `steps`, `materials`, `legal_basis`, `fee`, `sichuan_base_code`, `note`, `status`, `sources`, `not_in_source`; correct the item
    items.json:2: EOF while parsing a list at line 2 column 86
    "#);
}

const HEADER: &str = "department,parent_item,item_name,item_code,base_code,task_type,task_type_name,area_code,dept_code\n";

#[test]
fn a_row_is_taken_or_set_aside_with_line_value_and_reason() {
    let good = "511A0138000000-511602000000-000-11511301008778183N-1-00";
    let rows = [
        format!("区经信局,,\"备案（甲,乙）\",{good},511A,10,其他行政权力,511602000000,x"),
        format!("区经信局,,备案,{good},511A,,,511602000000,x"),
        format!("区经信局,,备案,{good},511A,,,511602000000,x"),
        "区经信局,,只有三个".to_owned(),
        format!("区经信局,, ,{good},511A,1,行政许可,511602000000,x"),
        format!("区经信局,,备案,{},511A,1,行政许可,511602000000,x", good.replace('N', "X")),
        format!("区经信局,,备案,{},511A,1,行政许可,511602000000,x", good.replace('N', "n")),
        "区经信局,,备案,511-1,511A,1,行政许可,511602000000,x".to_owned(),
        format!("区经信局,,备案,{good}-1,511A,1,行政许可,511602000000,x"),
        format!("区经信局,,备案二,{good},511A,1,行政许可证,511602000000,x"),
        format!("区经信局,,备案三,{good},511A,99,,511602000000,x"),
        "\"never closed".to_owned(),
    ];
    let text = format!("\u{feff}{HEADER}{}", rows.join("\r\n"));
    let imported = import("list.csv", &text).unwrap();
    let names: Vec<&str> = imported.items.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["备案（甲,乙）", "备案"]);
    assert!(imported.items.iter().all(|it| !it.id.as_str().contains("511")));
    let told: Vec<String> = imported
        .quarantined
        .iter()
        .map(|it| format!("{} {} `{}` {}", it.line, it.column, it.value, it.reason.word()))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    4 item_code `511A0138000000-511602000000-000-11511301008778183N-1-00` twice
    5 item_name `只有三个` fields
    6 item_name `` empty
    7 item_code `511A0138000000-511602000000-000-11511301008778183X-1-00` department
    8 item_code `511A0138000000-511602000000-000-11511301008778183n-1-00` department
    9 item_code `511-1` code-parts
    10 item_code `511A0138000000-511602000000-000-11511301008778183N-1-00-1` code-parts
    11 task_type_name `行政许可证` kind
    12 task_type `99` kind
    13 item_name `` fields
    "#);
    assert_eq!(import("list.csv", &text).unwrap(), imported, "an id is the same each time");
    let refused = import("list.csv", "name,code\nx,y\n").unwrap_err();
    assert!(refused.to_string().contains("item_name,item_code"), "{refused}");
    assert!(import("list.csv", "").is_err());
}

#[test]
fn the_check_character_of_a_credit_code_is_computed() {
    for good in ["91350100M000100Y43", "91110000101623741K", "911101066976941872"] {
        assert!(list::is_credit_code(good), "{good}");
    }
    for bad in ["91350100M000100Y4A", "2222222222222", "083372204", "", "9135010OM000100Y43"] {
        assert!(!list::is_credit_code(bad), "{bad}");
    }
}

/// The folder of the real data, which are no part of the repository.
#[expect(clippy::disallowed_methods, reason = "tests find the real data by a variable")]
fn real(file: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let logs = std::env::var("TONGBAN_LOGS").ok().map(PathBuf::from);
    let folder = logs.and_then(|logs| Some(logs.parent()?.to_owned())).unwrap_or(beside);
    let path = folder.join(file);
    if path.is_file() {
        return Some(path);
    }
    // Past the capture of the test runner, so that a skipped test is seen.
    let _ = writeln!(
        std::io::stderr(),
        "skipped: no {file} in {}; it is looked for beside the folder of the real logs",
        folder.display()
    );
    None
}

#[test]
fn of_1116_readable_codes_of_a_real_list_135_have_no_sound_department() {
    let Some(path) = real("service-items-guangan-2025.csv") else { return };
    let imported = import("list.csv", &std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(imported.counts(), [("code-parts", 19), ("department", 135)].into());
    assert_eq!(imported.items.len(), 1_116 - 135);
    let ids: BTreeSet<_> = imported.items.iter().map(|it| &it.id).collect();
    assert_eq!(ids.len(), imported.items.len());
    assert_eq!(imported.columns_ignored, [""; 0]);
}

#[test]
fn an_item_of_json_that_cannot_be_read_is_set_aside_and_the_others_are_taken() {
    let text = "{\"items\": [
        {\"id\": \"T01\", \"name\": \"登记\", \"kind\": \"公共服务\", \"status\": \"current\"},
        {\"id\": \"T02\", \"name\": \"变更\", \"kind\": \"服务\", \"status\": \"current\"},
        {\"id\": \"T03\",
         \"name\": \"注销\", \"status\": \"current\", \"sort\": 1},
        7,
        {\"id\": \"T01\", \"name\": \"登记二\", \"status\": \"current\"},
        {\"id\": \"T04\", \"name\": \"许可\", \"kind\": \"行政许可\", \"status\": \"current\",
         \"fee\": {\"charged\": true}}
    ]}";
    let imported = import_json("list.json", text).unwrap();
    let ids: Vec<&str> = imported.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["T01", "T04"], "one with a fault can be corrected as a draft");
    let aside: Vec<_> = imported
        .quarantined
        .iter()
        .map(|row| (row.line, row.column, row.value.as_str(), row.reason.word()))
        .collect();
    let expected = [
        (3, "kind", "服务", "malformed"),
        (4, "shape", "T03", "malformed"),
        (6, "shape", "null", "malformed"),
        (7, "id", "T01", "malformed"),
    ];
    assert_eq!(aside, expected);
    assert_eq!(
        imported.quarantined[3].reason.to_string(),
        "不能读作事项：stands in the file twice; remove one | cannot be read as an item: stands in the file twice; remove one"
    );
    assert_eq!(import_json("list.json", "{\"items\": [").unwrap_err().line, Some(1));
    assert!(import_json("list.json", "[]").is_err());
    assert!(import_json("list.json", "{}").is_err());
}
