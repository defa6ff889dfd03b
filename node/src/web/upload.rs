//! A form with a file, as browsers send it: `multipart/form-data` (RFC 7578), taken apart whole.

use axum::body::Bytes;

use super::form::Fields;

/// What such a form is sent as.
pub(super) const MULTIPART: &str = "multipart/form-data";

/// Parts that one form may have.
const PARTS_MAX: usize = 200;

/// The file of a form, as it came; nothing where none was chosen.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// Its name, as the browser says it.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// What separates the parts, as the content type says.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';');
    let is_multipart = parts.next()?.trim().eq_ignore_ascii_case(MULTIPART);
    let named = parts.find_map(|part| part.trim().strip_prefix("boundary="));
    let boundary = named.map(|it| it.trim_matches('"').to_owned())?;
    (is_multipart && !boundary.is_empty() && boundary.len() <= 70).then_some(boundary)
}

/// Takes a body apart: its fields of text, and the file if there is one. What is no part is passed
/// over; nothing of a stranger's bytes is trusted.
pub(super) fn take_apart(body: &Bytes, boundary: &str) -> (Fields, Option<Upload>) {
    let (mut fields, mut file) = (Fields::default(), None);
    let open = format!("--{boundary}").into_bytes();
    let mut at = find(body, &open, 0).map(|found| found + open.len());
    for _ in 0..PARTS_MAX {
        let Some(begin) = at else { break };
        if body.get(begin..begin + 2) != Some(b"\r\n") {
            break; // `--` ends the form.
        }
        let Some(end_of_head) = find(body, b"\r\n\r\n", begin) else { break };
        let head = String::from_utf8_lossy(body.get(begin..end_of_head).unwrap_or_default());
        let content = end_of_head + 4;
        let close = [b"\r\n", open.as_slice()].concat();
        let Some(end) = find(body, &close, content) else { break };
        match (parameter(&head, "name"), parameter(&head, "filename")) {
            (_, Some(name)) if !name.is_empty() || end > content => {
                file = Some(Upload { name, bytes: body.slice(content..end) });
            }
            (Some(name), None) => {
                let text = String::from_utf8_lossy(body.get(content..end).unwrap_or_default());
                fields = fields.with(&name, text);
            }
            _ => {}
        }
        at = Some(end + close.len());
    }
    (fields, file)
}

/// A parameter of a part's `Content-Disposition`.
fn parameter(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_lowercase().starts_with("content-disposition:"))?;
    let mut parameters = line.split(';').skip(1).map(str::trim);
    let found = parameters.find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
    found.map(|value| value.trim_matches('"').to_owned())
}

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    rest.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[(&str, &str)]) -> Bytes {
        let parts = parts.iter().map(|(head, content)| {
            format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
        });
        Bytes::from(parts.collect::<String>() + "--x--\r\n")
    }

    #[test]
    fn fields_and_file_come_out_as_they_went_in() {
        let whole = body(&[
            ("name=\"form_key\"", "abc"),
            ("name=\"file\"; filename=\"清单.csv\"", "a,b\r\n--1,2\r\n"),
            ("name=\"text\"", ""),
        ]);
        let (fields, file) = take_apart(&whole, "x");
        assert_eq!((fields.text("form_key"), fields.text("text")), ("abc", ""));
        let file = file.unwrap();
        assert_eq!((file.name.as_str(), &file.bytes[..]), ("清单.csv", &b"a,b\r\n--1,2\r\n"[..]));
        let none = body(&[("name=\"file\"; filename=\"\"", "")]);
        assert!(take_apart(&none, "x").1.is_none(), "no file was chosen");
    }

    #[test]
    fn a_body_that_is_cut_off_anywhere_harms_nobody() {
        let whole = body(&[("name=\"a\"", "1"), ("name=\"file\"; filename=\"f\"", "2")]);
        for end in 0..whole.len() {
            drop(take_apart(&whole.slice(..end), "x"));
        }
        assert_eq!(take_apart(&whole, "y").0.text("a"), "");
    }

    #[test]
    fn the_boundary_is_named_by_the_content_type() {
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("Multipart/Form-Data;charset=x; boundary=q").as_deref(), Some("q"));
        for none in
            ["text/plain; boundary=q", "multipart/form-data", "multipart/form-data; boundary="]
        {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
