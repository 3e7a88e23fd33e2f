package org.dure.serving.text;

import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// How the next token is drawn from the model's logits.
///
/// The steps, in this order: penalties and biases change the logits, `temperature` divides them,
/// `topK` keeps the most likely tokens, `topP` the smallest set of the most likely ones whose
/// probabilities reach it (Holtzman et al. 2020, arXiv 1904.09751), and one is drawn.
///
/// @param temperature 0 to 2; 0 takes the most likely token, the lowest id among equals
/// @param topP 0 to 1; 1 keeps all
/// @param topK how many tokens are kept; 0 keeps all
/// @param frequencyPenalty −2 to 2, subtracted from a token's logit for each time it was generated
/// @param presencePenalty −2 to 2, subtracted once from the logit of a token that was generated
/// @param logitBias token to what is added to its logit, −100 to 100
public record Sampling(
    double temperature,
    double topP,
    int topK,
    double frequencyPenalty,
    double presencePenalty,
    Map<Integer, Double> logitBias) {
  /// The model's own distribution.
  public static final Sampling PLAIN = new Sampling(1, 1, 0, 0, 0, Map.of());

  /// Always the most likely token.
  public static final Sampling GREEDY = PLAIN.withTemperature(0);

  /// @throws DureException with [ErrorCode#USAGE] if a value is out of range
  public Sampling {
    inRange("temperature", temperature, 0, 2);
    inRange("top_p", topP, 0, 1);
    inRange("top_k", topK, 0, Integer.MAX_VALUE);
    inRange("frequency_penalty", frequencyPenalty, -2, 2);
    inRange("presence_penalty", presencePenalty, -2, 2);
    logitBias.values().forEach(bias -> inRange("logit_bias", bias, -100, 100));
    logitBias = Map.copyOf(logitBias);
  }

  public Sampling withTemperature(double value) {
    return new Sampling(value, topP, topK, frequencyPenalty, presencePenalty, logitBias);
  }

  public Sampling withTopP(double value) {
    return new Sampling(temperature, value, topK, frequencyPenalty, presencePenalty, logitBias);
  }

  public Sampling withTopK(int value) {
    return new Sampling(temperature, topP, value, frequencyPenalty, presencePenalty, logitBias);
  }

  private static void inRange(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new DureException(
          ErrorCode.USAGE, "%s is %s: expected %s to %s".formatted(name, value, least, most));
    }
  }
}
