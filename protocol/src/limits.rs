//! Every bound that machines must share, with the sum behind it.

/// Largest entry, in bytes: a case with 200 form fields of 200 characters of Chinese fits.
pub const ENTRY_BYTES_MAX: usize = 128 * 1024;

/// Largest automerge change in an entry, in bytes.
pub const CHANGE_BYTES_MAX: usize = ENTRY_BYTES_MAX - 4 * 1024;

/// Most changes in one entry: an import that batches a hall's morning.
pub const CHANGES_PER_ENTRY_MAX: usize = 256;

/// Most receipts in one entry: every author of a home is witnessed at once.
pub const RECEIPTS_PER_ENTRY_MAX: usize = 1_024;

/// Raw bytes after which a block takes no further entry: a slow link of 512 kbit/s carries a
/// block, compressed ten to one, in less than half a second.
pub const BLOCK_BYTES_TARGET: usize = 256 * 1024;

/// Largest block once it is decompressed: the target, and one entry that crossed it.
pub const BLOCK_BYTES_MAX: usize = BLOCK_BYTES_TARGET + ENTRY_BYTES_MAX + 16 * 1024;

/// Blocks on their way that the peer has not acknowledged: 4 MiB, twice what a link of 50 Mbit/s
/// and 300 ms holds at ten to one.
pub const BLOCKS_IN_FLIGHT_MAX: usize = 16;

/// Largest frame of the control lane, in bytes.
pub const CONTROL_FRAME_BYTES_MAX: usize = 128 * 1024;

/// Largest frame of the journal lane: a block that did not compress, and its head.
pub const JOURNAL_FRAME_BYTES_MAX: usize = BLOCK_BYTES_MAX + 1_024;

/// Journals in one frontier frame: at 80 B each it stays within [`CONTROL_FRAME_BYTES_MAX`].
pub const JOURNALS_PER_FRAME_MAX: usize = 1_024;

/// Homes that one session may share: a city that is a province's child, with every centre below.
pub const HOMES_PER_SESSION_MAX: usize = 16_384;

/// Authors that one home may have: its nodes and those of its ancestors, through every
/// replacement and restoration of decades.
pub const AUTHORS_PER_HOME_MAX: usize = 512;

/// Effects that a session may owe its driver before it must be polled.
pub const EFFECTS_MAX: usize = 4_096;

/// Statements in one heartbeat frame: 128 of at most 900 B stay within the control frame.
pub const STATEMENTS_PER_FRAME_MAX: usize = 128;

/// Journal ends in one heartbeat.
pub const ENDS_PER_STATEMENT_MAX: usize = 16;

/// Statements that a node signs at one time: with 128 ends a county of 30 townships says of each
/// township's journals what the city has not confirmed.
pub const STATEMENTS_AT_ONCE_MAX: usize = 8;

/// Earlier statements of one machine that are kept because the city still lacks what they name.
pub const STATEMENTS_KEPT_MAX: usize = 32;

/// Longest text in a header, a form field, its name, an event note or a reason, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Arrays within arrays in one value: lists of an imported log, four to a list, 32 deep.
pub const VALUE_DEPTH_MAX: usize = 128;

/// How long before its entry an event may claim to be recorded, in milliseconds: what a machine
/// gathers for one entry it gathers within a minute.
pub const EVENT_BEFORE_ENTRY_MS_MAX: i64 = 60_000;

/// Silence of the peer after which a session is given up, in milliseconds.
pub const SESSION_SILENCE_MS_MAX: i64 = 90_000;

/// Pause between heartbeats when nothing changes, in milliseconds.
pub const HEARTBEAT_MS: i64 = 15_000;

/// Shortest pause between two heartbeats when something does, in milliseconds.
pub const HEARTBEAT_MS_MIN: i64 = 500;

const _: () = assert!(CHANGE_BYTES_MAX < ENTRY_BYTES_MAX);
const _: () = assert!(ENTRY_BYTES_MAX < BLOCK_BYTES_TARGET);
const _: () = assert!(JOURNALS_PER_FRAME_MAX * 80 < CONTROL_FRAME_BYTES_MAX);
const _: () = assert!(STATEMENTS_PER_FRAME_MAX * 900 < CONTROL_FRAME_BYTES_MAX);
