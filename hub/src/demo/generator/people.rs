//! People who do not exist: names, numbers, addresses, and the clerks of each centre.

use tongban_protocol::place::{Division, Tier};
use tongban_protocol::time::{SHANGHAI_OFFSET_MS, Timestamp};

use super::{DAY_MS, Dice, Place};

const SURNAMES: [&str; 30] = [
    "李", "王", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "唐", "冯", "邓", "蒋", "蒲", "席",
];
const GIVEN: [&str; 40] = [
    "秀", "英", "芳", "伟", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛",
    "明", "超", "兰", "霞", "平", "刚", "桂", "华", "玉", "珍", "建", "国", "文", "德", "琼", "素",
    "清", "春", "林", "成", "仁", "义", "小", "红",
];
const PHONE_STARTS: [&str; 8] = ["134", "136", "138", "139", "150", "158", "182", "187"];
const REASONS: [&str; 6] = [
    "本人因家庭情况变化,现按规定提出申请,所提交材料真实有效,如有虚假愿承担相应责任",
    "因长期在外务工,近期返乡居住,特向本中心申请办理,请予审核",
    "家中老人行动不便,由本人代为提交材料,委托书随附,请工作人员核实后办理",
    "原有证件信息与户口簿不一致,需一并更正,已提供派出所出具的证明",
    "根据村(居)委会通知前来办理,家庭成员基本情况已在登记表中如实填写",
    "此前材料不全未能受理,现已按一次性告知单补齐,请予受理",
];
/// Digits of the weights of GB 11643-1999, and its check characters.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// An applicant.
pub(super) struct Person {
    pub(super) born: Timestamp,
    pub(super) id_number: String,
    pub(super) is_male: bool,
    pub(super) name: String,
    pub(super) phone: String,
}

impl Person {
    /// Invents somebody of 18 to 85 years.
    pub(super) fn invent(dice: &mut Dice, county: Division, at: Timestamp) -> Self {
        let day = at.shanghai_day() - dice.between(18 * 366, 85 * 365);
        let born = Timestamp(day * DAY_MS - SHANGHAI_OFFSET_MS);
        let sequence = dice.between(1, 999);
        let mut id_number = format!("{county}{}{sequence:03}", birthday(born));
        id_number.extend(id_check_digit(&id_number));
        let is_male = sequence % 2 == 1;
        Self { born, id_number, is_male, name: name(dice), phone: phone(dice) }
    }
}

/// Gives the 18th character that GB 11643 demands after these 17 digits.
///
/// `None` if they are not 17 digits.
#[must_use]
pub fn id_check_digit(digits: &str) -> Option<char> {
    if digits.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in digits.chars().zip(WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    CHECKS.get(sum as usize % CHECKS.len()).map(|check| char::from(*check))
}

fn birthday(born: Timestamp) -> String {
    let text: String = born.to_string().chars().take(10).collect();
    text.replace('-', "")
}

pub(super) fn name(dice: &mut Dice) -> String {
    let mut name = (*dice.pick(&SURNAMES)).to_owned();
    name.push_str(dice.pick::<&str>(&GIVEN));
    if dice.chance(75) {
        name.push_str(dice.pick::<&str>(&GIVEN));
    }
    name
}

pub(super) fn phone(dice: &mut Dice) -> String {
    let start = dice.pick(&PHONE_STARTS);
    dice.digits(start, 11)
}

pub(super) fn address(dice: &mut Dice, place: &Place<'_>) -> String {
    let (village, group, door) = (dice.between(1, 18), dice.between(1, 12), dice.between(1, 199));
    let town = if place.tier == Tier::Township { place.name } else { "城关片区" };
    let rest = if town.ends_with("街道") {
        format!("第{village}社区{group}栋{door}号")
    } else {
        format!("第{village}村{group}组{door}号")
    };
    format!("四川省遂宁市{}{town}{rest}", place.county_name)
}

pub(super) fn reason(dice: &mut Dice, item: &str) -> String {
    format!("申请办理“{item}”。{}。", dice.pick(&REASONS))
}

/// One of the clerks of a centre; a township has 3, others 8, always the same people.
pub(super) fn clerk(dice: &mut Dice, seed: u64, centre: Division, tier: Tier) -> String {
    sitting_at(dice.between(1, chairs(tier)), seed, (centre, tier))
}

/// All of them, once each.
pub fn clerks(seed: u64, centre: Division, tier: Tier) -> Vec<String> {
    let mut names = Vec::new();
    for name in (1..=chairs(tier)).map(|chair| sitting_at(chair, seed, (centre, tier))) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

const fn chairs(tier: Tier) -> i64 {
    if matches!(tier, Tier::Township) { 3 } else { 8 }
}

fn sitting_at(chair: i64, seed: u64, (centre, tier): (Division, Tier)) -> String {
    // There is one city, whosever case it decides.
    let office = if tier == Tier::City { "city" } else { centre.as_str() };
    let code = office.bytes().chain([chair.unsigned_abs().to_le_bytes()[0]]);
    // FNV-1a: any stable number will do.
    let own = code.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    name(&mut Dice::new(seed ^ own))
}
