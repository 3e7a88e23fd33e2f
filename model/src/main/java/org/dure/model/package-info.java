/// A transformer on libtorch: start, training at home, checkpoints, scoring and generation.
///
/// ```text
/// tokens-*.bin --TokenWindows(seed, step)--> batch [B, T + 1]
///                                              |
/// InitialWeights(seed) --> one flat vector --> Transformer --> hidden --> Head (loss, gradient)
///        |                  ^   |  ^  views: TransformerParameters          |
///        |            adopt |   |  '----------- AdamW <----- clip <---------'  one flat vector
///   each
///        v                  |   v
///   the hub's start    TorchTrainer: adopt(shared), train(steps), delta(shared, into)
///                           |   '--save/restore--> state folder
///                           |---languageModel----> TorchLanguageModel (same memory)
///                           '---exportTo---------> model folder --open--> TorchLanguageModel
///                                                                            '--> TorchDecoder
/// ```
///
/// Only this package imports org.bytedeco. [Libtorch] loads the library, `NativeScope` is the one
/// gate through which tensors come to life and the only code that knows of devices.
///
/// ## Bits
/// With one thread, equal processors, libraries, seeds and calls give equal bits, also across a
/// save, a kill and a restore. Another number of threads, or a processor with other vector
/// instructions, adds in another order: the same to about 1e-6 a step.
///
/// ## Model folder
/// What the transformers library loads as `LlamaForCausalLM`:
///
/// - `model.safetensors`: 32-bit floats; metadata `format = pt` and, but in older files,
///   `tokenizer`, the SHA-256 of the `tokenizer.json` that made the tokens. Tensors in this order,
///   shapes outermost first (V vocabulary, d width, k key-value heads times head size, f width of
///   the feed-forward layer): `model.embed_tokens.weight` [V, d]; for each layer i
///   `model.layers.i.` + `self_attn.q_proj`
///   [d, d], `self_attn.k_proj` [k, d], `self_attn.v_proj` [k, d], `self_attn.o_proj` [d, d],
///   `mlp.gate_proj` [f, d], `mlp.up_proj` [f, d], `mlp.down_proj` [d, f], `input_layernorm` [d],
///   `post_attention_layernorm` [d], each + `.weight`; `model.norm.weight` [d]; `lm_head.weight`
///   [V, d] unless embeddings are tied. The body, what [org.dure.core.Sharing#BODY] shares, is all
/// between   embedding and head, in this order.
/// - `config.json`: the keys of transformers' `LlamaConfig`. Read are `architectures`,
///   `vocab_size`, `hidden_size`, `num_hidden_layers`, `num_attention_heads`,
///   `num_key_value_heads`, `head_dim`, `intermediate_size`, `max_position_embeddings`,
///   `rope_theta` or `rope_parameters`, `rms_norm_eps`, `tie_word_embeddings`; `bos_token_id` and
///   `eos_token_id` must be the tokenizer's. What asks for another computation, such as
///   `hidden_act` other than `silu`, biases, scaled positions, quantised weights, is refused by
///   name, and so is a key that is not known to change no logit ([ConfigFile]).
/// - `generation_config.json`: special tokens, sampling on, longest text.
/// - `tokenizer.json` and `tokenizer_config.json`: written by the tokenizer module, the latter with
///   `model_max_length`.
///
/// ## State folder, version 3
/// What a trainer saves and restores; it appears whole or not at all.
///
/// - `model.safetensors`: as above.
/// - `optimiser.safetensors`: for every tensor `first.` and `second.` + its name, AdamW's moments.
/// - `trainer.json`: `version` 3; `state`; `files`: the SHA-256 of the two others. The state is
///   `model` and `training` (every field of [TrainingConfig] and of the model's shape), `sharing`,
///   `data` (SHA-256 of the JSON array of the digests with which the shards end), and `step`
///   (local steps done, which is also the position in the data). A state of another version, shape,
///   recipe or data is refused.
///
/// In version 1 `data` covered the shards' numbers of tokens and bytes and their tokenizer, but not
/// the tokens; in version 2 there was no dropout.
@NullMarked
package org.dure.model;

import org.jspecify.annotations.NullMarked;
