//! What is published and says a word of a later version: it is passed over as if it were not there,
//! so that the rest of its entry counts. The bytes stay in the entry, and are read again by a
//! machine that was updated.

use minicbor::decode::{Decode, Decoder, Error};
use minicbor::encode::{self, Encode, Encoder, Write};

pub(super) fn encode<C, T: Encode<C>, W: Write>(
    said: &Option<T>,
    encoder: &mut Encoder<W>,
    context: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    said.encode(encoder, context)
}

pub(super) fn decode<'b, C, T: Decode<'b, C>>(
    decoder: &mut Decoder<'b>,
    context: &mut C,
) -> Result<Option<T>, Error> {
    let start = decoder.position();
    match Option::decode(decoder, context) {
        Err(error) if error.is_unknown_variant() => {
            decoder.set_position(start);
            decoder.skip()?;
            Ok(None)
        }
        read => read,
    }
}

pub(super) const fn is_nil<T>(said: &Option<T>) -> bool {
    said.is_none()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the derive calls")]
pub(super) const fn nil<T>() -> Option<Option<T>> {
    Some(None)
}
