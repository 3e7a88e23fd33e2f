/// The nouns and the seams of Dure.
///
/// Everything another module may rely on is public here and nowhere else: documents and language
/// profiles, model configuration and named tensors, the artifact store, the interfaces that a
/// region's trainer, a language model and a signer implement, errors, configuration and JSON. This
/// package depends on nothing but Jackson and logs nothing.
///
/// # Tensor files
///
/// Weights are stored as [safetensors](https://github.com/huggingface/safetensors): an unsigned
/// 64-bit little-endian header length, that many bytes of JSON, then the tensors' bytes. See
/// [SafeTensors].
@NullMarked
package org.dure.core;

import org.jspecify.annotations.NullMarked;
