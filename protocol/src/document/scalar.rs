//! How values rest in a document: one scalar each, for there is nothing in them to merge.

use automerge::ScalarValue;
use minicbor::data::Type;
use minicbor::{Decode, Encode};

use crate::limits::VALUE_DEPTH_MAX;
use crate::time::HybridTime;
use crate::value::Value;

pub(super) fn cbor(value: &impl Encode<()>) -> ScalarValue {
    ScalarValue::Bytes(minicbor::to_vec(value).unwrap_or_default())
}

pub(super) fn read_cbor<T: for<'b> Decode<'b, ()>>(scalar: &ScalarValue) -> Option<T> {
    match scalar {
        ScalarValue::Bytes(bytes) if is_shallow(bytes) => minicbor::decode(bytes).ok(),
        _ => None,
    }
}

/// True when arrays and maps lie within each other up to the bound only, so that the decoder, which
/// calls itself for each, cannot exhaust the stack. Lengths must be stated, as we write them.
fn is_shallow(bytes: &[u8]) -> bool {
    let mut decoder = minicbor::Decoder::new(bytes);
    let mut left = vec![1_u64]; // What is still to come in each open array or map.
    while let Some(items) = left.last_mut() {
        if *items == 0 {
            left.pop();
            continue;
        }
        *items -= 1;
        let inner = match decoder.datatype() {
            Ok(Type::Array) => decoder.array(),
            Ok(Type::Map) => decoder.map().map(|pairs| pairs.map(|it| it.saturating_mul(2))),
            Ok(Type::ArrayIndef | Type::MapIndef | Type::Tag) | Err(_) => return false,
            Ok(_) => decoder.skip().map(|()| Some(0)),
        };
        match inner {
            Ok(Some(items)) if left.len() <= VALUE_DEPTH_MAX => left.push(items),
            _ => return false,
        }
    }
    true
}

/// Text rests as text, so that any automerge tool can read a form; the rest as CBOR.
pub(super) fn field_scalar(value: Value) -> ScalarValue {
    match value {
        Value::Text(text) => ScalarValue::Str(text.into()),
        other => cbor(&other),
    }
}

pub(super) fn read_field(scalar: &ScalarValue) -> Option<Value> {
    match scalar {
        ScalarValue::Str(text) => Some(Value::Text(text.to_string())),
        other => read_cbor(other),
    }
}

pub(super) fn event_key(recorded: HybridTime) -> String {
    data_encoding::BASE32HEX_NOPAD.encode(&recorded.0.to_be_bytes())
}

pub(super) fn read_event_key(key: &str) -> Option<HybridTime> {
    let bytes = data_encoding::BASE32HEX_NOPAD.decode(key.as_bytes()).ok()?;
    Some(HybridTime(u64::from_be_bytes(bytes.try_into().ok()?)))
}
