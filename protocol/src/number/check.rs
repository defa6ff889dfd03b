//! Check characters after ISO 7064 and the two national standards.

/// The characters of base 36, in the order of their values; the last is the check character that
/// MOD 37,2 has besides.
const BASE_36_AND_STAR: &[u8; 37] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

/// The value of a digit or capital letter: 0 to 35.
pub(super) fn value(character: char) -> Option<u32> {
    if character.is_ascii_lowercase() { None } else { character.to_digit(36) }
}

/// ISO 7064 MOD 37,2 over digits and capital letters: the check character, `*` among them; `None`
/// where another character is found.
///
/// It catches each wrong character and each two neighbours that changed places: the weights are
/// powers of 2, no two neighbours' weights are equal modulo the prime 37, and no value reaches it.
pub(super) fn mod_37_2(text: &str) -> Option<char> {
    let sum = text.chars().try_fold(0, |sum, it| Some((sum + value(it)?) * 2 % 37))?;
    let place = usize::try_from((38 - sum) % 37).ok()?;
    BASE_36_AND_STAR.get(place).map(|byte| char::from(*byte))
}

/// ISO 7064 MOD 11,10 over digits, as registration numbers have it; `None` where another character
/// is found.
pub(super) fn mod_11_10(text: &str) -> Option<char> {
    let product = text.chars().try_fold(10, |product, it| {
        let sum = (product + it.to_digit(10)?) % 10;
        Some(if sum == 0 { 10 } else { sum } * 2 % 11)
    })?;
    char::from_digit((11 - product) % 10, 10)
}

/// The sum of value times weight, by an alphabet in the order of its values; the place, counted
/// from 1, and the first character that is not in it otherwise.
pub(super) fn weighted(text: &str, weights: &[u32], alphabet: &str) -> Result<u32, (usize, char)> {
    let mut sum = 0;
    for (place, (character, weight)) in (1..).zip(text.chars().zip(weights)) {
        let value = (0..).zip(alphabet.chars()).find(|(_, it)| *it == character);
        sum += value.ok_or((place, character))?.0 * weight;
    }
    Ok(sum)
}
