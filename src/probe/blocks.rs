//! The turns of an experiment in their order, and the blocks of like ones that they form: nothing, the command, nothing, …

use super::world::Kind;

/// Turns of one kind without another in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// The number of its first turn.
    pub(super) start: usize,
    pub(super) length: usize,
}

/// The blocks that turns form.
pub(super) fn blocks(turns: &[Kind]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (start, kind) in turns.iter().enumerate() {
        match blocks.last_mut().filter(|block| block.kind == *kind) {
            Some(block) => block.length += 1,
            None => blocks.push(Block { kind: *kind, start, length: 1 }),
        }
    }
    blocks
}

/// How long the blocks are: short ones first, which show a large leak after few runs; then longer ones, over which a small
/// leak adds up while what others allocate and free does not.
pub(super) fn lengths() -> impl Iterator<Item = usize> {
    [1, 1, 1, 1, 2, 2, 4, 4, 8, 8].into_iter().chain(std::iter::repeat(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_turns_form_blocks() {
        use Kind::{Command, Control};
        let found = blocks(&[Control, Command, Command, Control]);
        let block = |kind, start, length| Block { kind, start, length };
        assert_eq!(found, [block(Control, 0, 1), block(Command, 1, 2), block(Control, 3, 1)]);
        assert_eq!(blocks(&[]), []);
    }
}
