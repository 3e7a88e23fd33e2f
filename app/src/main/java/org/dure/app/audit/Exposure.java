package org.dure.app.audit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dure.app.audit.Canaries.Canary;
import org.dure.core.LanguageModel;

/// Asks a model for canaries (Carlini et al. 2019, "The Secret Sharer"): how likely it takes the
/// planted secret for, among others that were drawn alike, and what it writes by itself.
final class Exposure {
  private static final int BATCH = 32;

  private final LanguageModel model;
  private final List<String> alternatives;

  Exposure(LanguageModel model, List<String> alternatives) {
    this.model = model;
    this.alternatives = alternatives;
  }

  /// A question: what stands before, and what is to be said.
  private record Question(int[] prefix, int[] secret) {
    int[] sequence() {
      int[] sequence = Arrays.copyOf(prefix, prefix.length + secret.length);
      System.arraycopy(secret, 0, sequence, prefix.length, secret.length);
      return sequence;
    }
  }

  /// As much of both as the model sees at once, the secret's beginning first.
  private Question question(String prefix, String secret) {
    int[] second = model.encode(secret);
    int most = model.contextLength() - 1;
    second = Arrays.copyOf(second, Math.min(second.length, most));
    int[] before = model.encode(prefix);
    int[] first = new int[before.length + 1];
    first[0] = model.beginToken();
    System.arraycopy(before, 0, first, 1, before.length);
    int length = Math.min(first.length, model.contextLength() - second.length);
    return new Question(Arrays.copyOfRange(first, first.length - length, first.length), second);
  }

  /// In bits, 0 to 8.
  double of(Canary canary) {
    List<Question> questions = new ArrayList<>();
    questions.add(question(canary.prefix(), canary.secret()));
    alternatives.forEach(other -> questions.add(question(canary.prefix(), other)));
    double[] likelihoods = new double[questions.size()];
    for (int from = 0; from < likelihoods.length; from += BATCH) {
      List<Question> batch = questions.subList(from, Math.min(from + BATCH, questions.size()));
      float[][] rows =
          model.logProbabilities(batch.stream().map(Question::sequence).toArray(int[][]::new));
      for (int i = 0; i < rows.length; i++) {
        for (int at = batch.get(i).prefix.length - 1; at < rows[i].length; at++) {
          likelihoods[from + i] += rows[i][at];
        }
      }
    }
    double own = likelihoods[0];
    long rank = 1 + Arrays.stream(likelihoods).skip(1).filter(other -> other > own).count();
    return log2(likelihoods.length) - log2(rank);
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  /// Whether the model goes on from the prefix with the secret, always taking the likeliest token.
  boolean reproduces(Canary canary) {
    Question question = question(canary.prefix(), canary.secret());
    try (LanguageModel.Decoder decoder = model.decoder()) {
      float[] logits = decoder.next(question.prefix);
      for (int i = 0; i < question.secret.length; i++) {
        int likeliest = likeliest(logits);
        if (likeliest != question.secret[i]) {
          return false;
        }
        if (i + 1 < question.secret.length) {
          logits = decoder.next(likeliest);
        }
      }
    }
    return true;
  }

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
