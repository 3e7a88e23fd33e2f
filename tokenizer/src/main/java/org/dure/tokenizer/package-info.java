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
///
/// # Word counts, version 1
///
/// All numbers little-endian.
///
/// | offset | bytes | content |
/// |---|---|---|
/// | 0 | 8 | ASCII `DUREWCNT` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | 0 |
/// | 16 | 8 | number of chunks |
/// | 24 | | the chunks, in strictly rising order of their unsigned bytes |
/// | end - 32 | 32 | SHA-256 of everything before |
///
/// Each chunk is one byte with its length, 1 to 64; that many bytes of UTF-8; and its count, at
/// least 1, as an unsigned LEB128 number written shortest. All counts together are below 2^56.
///
/// # tokenizer.json
///
/// The file of Hugging Face tokenizers, version `1.0`, without spaces: normalizer `Sequence` of
/// `NFC`; pre-tokenizer `Sequence` of `Split` by the expression of Llama 3 ([Splitter], which
/// llama.cpp knows as `llama-bpe`) and `ByteLevel`; decoder `ByteLevel`; post-processor
/// `TemplateProcessing`, which sets `<|begin|>` before every text of readers that ask for specials
/// (files from before it hold null there, and are read); model `BPE` with `ignore_merges`. Ids 0 to
// 255 are the bytes in the order
/// of GPT-2's byte alphabet, id 256 + i is what merge i makes, the three added tokens follow.
/// Anything else is refused when read.
@NullMarked
package org.dure.tokenizer;

import org.jspecify.annotations.NullMarked;
