//! How keys and values look in the database.
//!
//! ```text
//! area, key                → checksum (4), count of parts (2), the first bytes of the value
//! area | 0x80, key, number → the next bytes of the value, part 0, 1, …
//! ```
//!
//! Parts live apart from the heads, so a scan of an area meets each key once, and the part number
//! has a fixed length, so no key and part can be taken for another key's. The checksum covers key,
//! count and the whole value: a value under a wrong key or a mixture of parts fails it too.
//! No stored value is above 4 KiB, since sled puts long pages into files that it never syncs.

use super::{Area, VALUE_BYTES_MAX};

/// Returns the key under which the head of a record is stored.
pub(super) fn head_key(area: Area, key: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(1 + key.len());
    stored.push(area.byte());
    stored.extend_from_slice(key);
    stored
}

/// Returns the key under which one part of a record is stored.
pub(super) fn part_key(head_key: &[u8], part: u16) -> Vec<u8> {
    let mut stored = Vec::with_capacity(head_key.len() + 2);
    stored.extend_from_slice(head_key);
    if let Some(area) = stored.first_mut() {
        *area |= PART_BIT;
    }
    stored.extend_from_slice(&part.to_be_bytes());
    stored
}

/// A value cut to pieces that the database may hold.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The value of the head.
    pub(super) head: Vec<u8>,
    /// The values of the parts, in order.
    pub(super) parts: Vec<Vec<u8>>,
}

/// Cuts a value of at most [`VALUE_BYTES_MAX`] bytes.
pub(super) fn cut(head_key: &[u8], value: &[u8]) -> Pieces {
    let (first, rest) = value.split_at(value.len().min(STORED_BYTES_MAX - HEAD_BYTES));
    let parts: Vec<Vec<u8>> = rest.chunks(STORED_BYTES_MAX).map(<[u8]>::to_vec).collect();
    let count = u16::try_from(parts.len()).expect("the limit of a value keeps the count below");
    let mut head = Vec::with_capacity(HEAD_BYTES + first.len());
    head.extend_from_slice(&checksum(head_key, count, &[first, rest]).to_le_bytes());
    head.extend_from_slice(&count.to_le_bytes());
    head.extend_from_slice(first);
    Pieces { head, parts }
}

/// Returns how many parts follow a head; a head too short to say has none.
pub(super) fn part_count(head: &[u8]) -> u16 {
    split_head(head).map_or(0, |(_, count, _)| count)
}

/// Puts a value together again, or returns none if anything about it is damaged.
pub(super) fn join<E>(
    head_key: &[u8],
    head: &[u8],
    mut read_part: impl FnMut(&[u8]) -> Result<Option<sled::IVec>, E>,
) -> Result<Option<Vec<u8>>, E> {
    let Some((expected, count, first)) = split_head(head) else { return Ok(None) };
    let mut value = first.to_vec();
    for part in 0..count {
        let Some(bytes) = read_part(&part_key(head_key, part))? else { return Ok(None) };
        value.extend_from_slice(&bytes);
    }
    let is_whole = checksum(head_key, count, &[&value]) == expected;
    Ok(is_whole.then_some(value))
}

fn split_head(head: &[u8]) -> Option<(u32, u16, &[u8])> {
    let (expected, rest) = head.split_first_chunk::<4>()?;
    let (count, first) = rest.split_first_chunk::<2>()?;
    Some((u32::from_le_bytes(*expected), u16::from_le_bytes(*count), first))
}

fn checksum(head_key: &[u8], count: u16, value: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head_key);
    hasher.update(&count.to_le_bytes());
    for bytes in value {
        hasher.update(bytes);
    }
    hasher.finalize()
}

/// Longest value that the database is given, in bytes; a page holds up to 17 of them.
pub(super) const STORED_BYTES_MAX: usize = 4096;
/// Checksum and count of parts.
const HEAD_BYTES: usize = 6;
/// Set in the area byte of parts; areas themselves stay below it.
const PART_BIT: u8 = 0x80;

const _: () = assert!(VALUE_BYTES_MAX.div_ceil(STORED_BYTES_MAX) < u16::MAX as usize);

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible};

    use proptest::prelude::*;

    use super::*;

    fn stored(key: &[u8], value: &[u8]) -> (Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>) {
        let pieces = cut(key, value);
        let parts = (0u16..).zip(pieces.parts).map(|(part, bytes)| (part_key(key, part), bytes));
        (pieces.head, parts.collect())
    }

    fn joined(key: &[u8], head: &[u8], parts: &BTreeMap<Vec<u8>, Vec<u8>>) -> Option<Vec<u8>> {
        join::<Infallible>(key, head, |part| Ok(parts.get(part).map(|bytes| bytes[..].into())))
            .unwrap()
    }

    #[test]
    fn values_around_every_border_come_back() {
        let key = head_key(Area::Entry, b"k");
        for length in [0, 1, 4089, 4090, 4091, 8185, 8186, 8187, 100_000] {
            let value: Vec<u8> = (0..=250).cycle().take(length).collect();
            let (head, parts) = stored(&key, &value);
            assert!(head.len() <= STORED_BYTES_MAX);
            assert!(parts.values().all(|part| part.len() <= STORED_BYTES_MAX && !part.is_empty()));
            assert_eq!(joined(&key, &head, &parts), Some(value));
        }
    }

    #[test]
    fn lost_part_is_damage() {
        let key = head_key(Area::Entry, b"k");
        let (head, mut parts) = stored(&key, &[7; 20_000]);
        parts.remove(&part_key(&key, 2));
        assert_eq!(joined(&key, &head, &parts), None);
    }

    #[test]
    fn value_under_another_key_is_damage() {
        let (head, parts) = stored(&head_key(Area::Entry, b"k"), b"value");
        assert_eq!(joined(&head_key(Area::Entry, b"l"), &head, &parts), None);
        assert_eq!(joined(&head_key(Area::Meta, b"k"), &head, &parts), None);
    }

    #[test]
    fn head_without_room_for_its_checksum_is_damage() {
        let key = head_key(Area::Entry, b"k");
        assert_eq!(joined(&key, &[1, 2, 3], &BTreeMap::new()), None);
        assert_eq!(joined(&key, &[], &BTreeMap::new()), None);
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_noticed(length in 0usize..9000, at: prop::sample::Index, bit in 0u8..8) {
            let key = head_key(Area::View, b"key");
            let (mut head, mut parts) = stored(&key, &vec![0x5a; length]);
            let whole: usize = head.len() + parts.values().map(Vec::len).sum::<usize>();
            let mut at = at.index(whole);
            for bytes in std::iter::once(&mut head).chain(parts.values_mut()) {
                if at < bytes.len() {
                    bytes[at] ^= 1 << bit;
                    break;
                }
                at -= bytes.len();
            }
            prop_assert_eq!(joined(&key, &head, &parts), None);
        }

        #[test]
        fn stored_keys_of_two_records_never_meet(
            one in prop::collection::vec(0u8..3, 0..5),
            two in prop::collection::vec(0u8..3, 0..5),
            parts in (0u16..600, 0u16..600),
        ) {
            prop_assume!(one != two);
            let (one, two) = (head_key(Area::Entry, &one), head_key(Area::Entry, &two));
            prop_assert_ne!(part_key(&one, parts.0), part_key(&two, parts.1));
            prop_assert_ne!(part_key(&one, parts.0), two);
        }
    }
}
