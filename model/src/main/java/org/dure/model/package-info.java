/// Transformer, training, checkpoints and generation on libtorch.
@org.jspecify.annotations.NullMarked
package org.dure.model;
