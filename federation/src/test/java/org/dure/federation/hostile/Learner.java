package org.dure.federation.hostile;

import org.dure.core.Weights;

/// A region that trains.
public interface Learner extends AutoCloseable {
  /// A round at home from the study's weights.
  ///
  /// @return the weights at the start minus those at the end
  Weights work(int round, Weights shared);

  /// The same on text whose labels are wrong.
  Weights workMislabelled(int round, Weights shared);

  /// Loss on text that it has not trained on, nats a token.
  double loss(Weights shared);

  @Override
  void close();
}
