package org.dure.model;

import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json.Unwrapped;
import org.dure.core.Settings;

/// How a region trains at home.
///
/// @param seed of the initial weights and of the order of the data
/// @param batch sequences of one step
/// @param length predicted tokens of one sequence; at most the model's context length
/// @param totalSteps local steps that the schedule spans, over all rounds; afterwards the learning
///     rate stays at its floor
/// @param rate the learning rate over the steps
/// @param update of the weights
public record TrainingConfig(
    long seed,
    int batch,
    int length,
    long totalSteps,
    @Unwrapped Rate rate,
    @Unwrapped Update update) {
  /// @param learningRate at the peak
  /// @param schedule after the warm-up
  /// @param warmUpSteps linear warm-up, once over the cumulative local step count
  /// @param floor share of the peak learning rate at the end, 0 to 1
  public record Rate(double learningRate, Schedule schedule, long warmUpSteps, double floor) {
    /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if a value is out of range
    public Rate {
      if (!(learningRate > 0) || !(floor >= 0 && floor <= 1) || warmUpSteps < 0) {
        throw invalid("learning rate must be above 0, the floor from 0 to 1, warm-up at least 0");
      }
    }
  }

  /// @param weightDecay decoupled, for matrices only
  /// @param secondBeta AdamW's memory of squared gradients, 0 to 1: the smaller the batch, the
  ///     longer
  /// @param clip largest global norm of the gradient
  /// @param dropout share of the values that a sublayer adds which are left out of a step, 0 to
  ///     0.9
  public record Update(double weightDecay, double secondBeta, double clip, double dropout) {
    /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if a value is out of range
    public Update {
      if (!(weightDecay >= 0) || !(clip > 0)) {
        throw invalid("the decay must be at least 0 and clip above 0");
      }
      if (!(secondBeta >= 0 && secondBeta < 1)) {
        throw invalid("the second beta must be at least 0 and below 1");
      }
      if (!(dropout >= 0 && dropout <= MOST_DROPOUT)) {
        throw invalid("the dropout must be from 0 to " + MOST_DROPOUT);
      }
    }
  }

  private static final double LEARNING_RATE = 4e-3;
  private static final long WARM_UP = 40;
  private static final double FLOOR = 0.1;
  private static final double WEIGHT_DECAY = 0.1;
  private static final double SECOND_BETA = 0.99;
  private static final double CLIP = 1.0;
  private static final double MOST_DROPOUT = 0.9;

  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if a value is out of range
  public TrainingConfig {
    if (batch < 1 || length < 1 || totalSteps < 1) {
      throw invalid("batch, length and total steps must be at least 1");
    }
  }

  private static DureException invalid(String problem) {
    return new DureException(ErrorCode.CONFIGURATION_INVALID, "training: " + problem);
  }

  /// The recipe that docs/experiments.md found best for about a million parameters and 290 thousand
  /// tokens: small batches of 512 tokens, many steps. Larger models want a smaller learning rate,
  /// 1e-3 up to 100 M parameters and 3e-4 from 1 G (OLMo 3's official script).
  public static TrainingConfig of(long seed, int batch, int length, long totalSteps) {
    return new TrainingConfig(
        seed,
        batch,
        length,
        totalSteps,
        new Rate(LEARNING_RATE, Schedule.COSINE, Math.min(WARM_UP, totalSteps / 10), FLOOR),
        new Update(WEIGHT_DECAY, SECOND_BETA, CLIP, 0));
  }

  /// Reads `seed` and `[training]` of a settings file: `batch`, `length`, `total-steps`,
  /// `learning-rate`, `schedule`, `warm-up-steps`, `floor`, `weight-decay`, `second-beta`, `clip`,
  /// `dropout`.
  public static TrainingConfig of(Settings settings) {
    long seed = settings.wholeNumber("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
    int batch = settings.integer("training.batch", 4, 1, 1 << 20);
    int length = settings.integer("training.length", 128, 1, 1 << 20);
    long steps = settings.wholeNumber("training.total-steps", 560, 1, Long.MAX_VALUE);
    TrainingConfig recipe = of(seed, batch, length, steps);
    return new TrainingConfig(
        seed,
        batch,
        length,
        steps,
        new Rate(
            settings.number("training.learning-rate", recipe.rate.learningRate, 1e-9, 10),
            Schedule.of(
                settings.choice("training.schedule", recipe.rate.schedule.key(), Schedule.keys())),
            settings.wholeNumber(
                "training.warm-up-steps", recipe.rate.warmUpSteps, 0, Long.MAX_VALUE),
            settings.number("training.floor", recipe.rate.floor, 0, 1)),
        new Update(
            settings.number("training.weight-decay", recipe.update.weightDecay, 0, 10),
            settings.number("training.second-beta", recipe.update.secondBeta, 0, 0.999999),
            settings.number("training.clip", recipe.update.clip, 1e-6, 1e6),
            settings.number("training.dropout", recipe.update.dropout, 0, MOST_DROPOUT)));
  }

  /// The same recipe with another dropout.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if it is out of range
  public TrainingConfig withDropout(double dropout) {
    return new TrainingConfig(
        seed,
        batch,
        length,
        totalSteps,
        rate,
        new Update(update.weightDecay, update.secondBeta, update.clip, dropout));
  }

  /// Tokens predicted in one step.
  public long tokensPerStep() {
    return (long) batch * length;
  }

  /// Learning rate of a step.
  ///
  /// @param step counted over all rounds, from 1
  public double learningRate(long step) {
    long warmUp = rate.warmUpSteps;
    if (step <= warmUp) {
      return rate.learningRate * step / (warmUp + 1);
    }
    double after = Math.max(1, totalSteps - warmUp);
    double done = Math.min(1, (step - 1 - warmUp) / after);
    return rate.learningRate * rate.schedule.at(done, rate.floor);
  }
}
