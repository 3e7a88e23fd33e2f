package org.dure.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.ModelConfig;
import org.dure.core.PrivateFiles;
import org.dure.core.SafeTensors;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.jspecify.annotations.Nullable;

/// A trainer's saved state: a folder whose files the package's description specifies.
///
/// @param sharing name of the [org.dure.core.Sharing]
/// @param data [TokenWindows#digest]
/// @param step local steps done
/// @param privacy how documents are protected; null where they are not
record TrainerState(
    ModelConfig model,
    TrainingConfig training,
    String sharing,
    String data,
    long step,
    @Nullable PrivateTraining privacy) {
  private static final int VERSION = 3;
  private static final String STATE = "trainer.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String MOMENTS = "optimiser.safetensors";
  private static final String FIRST = "first.";
  private static final String SECOND = "second.";

  /// Content of `trainer.json`.
  private record Description(int version, TrainerState state, SequencedMap<String, String> files) {}

  /// Writes the folder, whole or not at all.
  void write(Path folder, Weights weights, Weights first, Weights second) {
    AtomicFiles.folder(
        folder,
        part -> {
          SafeTensors.write(part.resolve(WEIGHTS), entries("", weights), Map.of("format", "pt"));
          SequencedMap<String, SafeTensors.Entry> moments = entries(FIRST, first);
          moments.putAll(entries(SECOND, second));
          SafeTensors.write(part.resolve(MOMENTS), moments, Map.of());
          SequencedMap<String, String> files = new LinkedHashMap<>();
          for (String name : new String[] {WEIGHTS, MOMENTS}) {
            files.put(name, Sha256.of(part.resolve(name)));
          }
          PrivateFiles.write(
              part.resolve(STATE), Json.pretty(new Description(VERSION, this, files)));
        });
  }

  /// The tensors of `weights` under their names, each as its part of the same memory.
  static SequencedMap<String, SafeTensors.Entry> entries(String prefix, Weights weights) {
    SequencedMap<String, SafeTensors.Entry> entries = new LinkedHashMap<>();
    long offset = 0;
    for (TensorLayout.Tensor tensor : weights.layout().tensors()) {
      MemorySegment part =
          weights.values().asSlice(offset * Float.BYTES, tensor.elements() * Float.BYTES);
      entries.put(
          prefix + tensor.name(),
          new SafeTensors.Entry(SafeTensors.Type.F32, tensor.shape(), part));
      offset += tensor.elements();
    }
    return entries;
  }

  /// Reads a folder written by a trainer of this shape, recipe and data; this state's step is
  /// ignored.
  ///
  /// @return steps done
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the state is another trainer's, or
  ///     [ErrorCode#ARTIFACT_CORRUPT] if a file changed
  long read(Path folder, Weights weights, Weights first, Weights second) {
    Path file = folder.resolve(STATE);
    checkVersion(file);
    Description found = Json.read(file, Description.class);
    TrainerState state = found.state;
    compare(file, "model", state.model, model);
    compare(file, "training", state.training, training);
    compare(file, "sharing", state.sharing, sharing);
    compare(file, "data", state.data, data);
    compare(file, "privacy", shown(state.privacy), shown(privacy));
    if (state.step < 0) {
      throw malformed(file, "step", state.step, "at least 0");
    }
    for (String name : new String[] {WEIGHTS, MOMENTS}) {
      String digest = Sha256.of(folder.resolve(name));
      if (!digest.equals(found.files.get(name))) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "%s has the digest %s: %s records %s"
                .formatted(folder.resolve(name), digest, file, found.files.get(name)));
      }
    }
    copy(folder.resolve(WEIGHTS), "", weights);
    copy(folder.resolve(MOMENTS), FIRST, first);
    copy(folder.resolve(MOMENTS), SECOND, second);
    return state.step;
  }

  /// What a version is made of follows from its number, so that is looked at first.
  private static void checkVersion(Path file) {
    Object version = Json.object(file).get("version");
    if (!Integer.valueOf(VERSION).equals(version)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s is a state of version %s, this release reads %d: version 1 did not say by digest which"
                  .formatted(file, version, VERSION)
              + " tokens it saw, version 2 not what was left out of a step; go on with the release"
              + " that wrote it, or begin anew");
    }
  }

  private static String shown(@Nullable PrivateTraining privacy) {
    return privacy == null ? "none" : privacy.toString();
  }

  private static void compare(Path file, String what, Object found, Object expected) {
    if (!expected.equals(found)) {
      throw malformed(file, what, found, expected);
    }
  }

  private static DureException malformed(Path file, String what, Object found, Object expected) {
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%s is the state of another trainer: %s is %s, expected %s"
            .formatted(file, what, found, expected));
  }

  /// Copies a file's tensors of that prefix into their places.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the tensor that is missing or of
  ///     another shape
  static void copy(Path file, String prefix, Weights into) {
    try (SafeTensors tensors = SafeTensors.open(file)) {
      entries(prefix, into)
          .forEach(
              (name, place) -> {
                SafeTensors.Entry entry = tensors.entries().get(name);
                if (entry == null) {
                  throw new DureException(
                      ErrorCode.INPUT_MALFORMED,
                      "%s holds no tensor %s: expected one of shape %s"
                          .formatted(file, name, place.shape()));
                }
                if (!entry.shape().equals(place.shape()) || entry.type() != place.type()) {
                  throw new DureException(
                      ErrorCode.INPUT_MALFORMED,
                      "%s: tensor %s is %s of shape %s, expected %s of shape %s"
                          .formatted(
                              file,
                              name,
                              entry.type(),
                              entry.shape(),
                              place.type(),
                              place.shape()));
                }
                place.data().copyFrom(entry.data());
              });
    }
  }
}
