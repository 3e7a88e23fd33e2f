/// Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019): training from word
/// counts, encoding, decoding, and the files that hold the outcome.
///
/// ```
/// texts --Splitter--> chunks --WordCounts--> counts --TokenizerTrainer--> Tokenizer
///                                  |                                      |
///                        bytes that a region exports                tokenizer.json
///                                                                         |
/// text --NFC--> Splitter --> chunks --> encoder --> ids --> TokenShard (tokens-00000.bin)
/// ```
///
/// # Token shard, version 1
///
/// All numbers little-endian.
///
/// | offset | bytes | content |
/// |---|---|---|
/// | 0 | 8 | ASCII `DURETOKS` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | bytes per token `w`: 2 if every token is below 65,536, otherwise 4 |
/// | 16 | 8 | number of tokens `n` |
/// | 24 | 8 | UTF-8 bytes of the text that the tokens stand for |
/// | 32 | 32 | SHA-256 of the `tokenizer.json` that made the tokens |
/// | 64 | `n w` | the tokens, unsigned |
/// | 64 + `n w` | 32 | SHA-256 of everything before |
@NullMarked
package org.dure.tokenizer;

import org.jspecify.annotations.NullMarked;
