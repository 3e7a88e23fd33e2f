package org.dure.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.dure.core.Decoding;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The readers of models' files before hostile bytes. Their tensors are read by core.
class DecoderFuzzTest {
  @TempDir static Path folder;

  private static Arguments seed(String text) {
    return Arguments.of((Object) text.getBytes(UTF_8));
  }

  static Stream<Arguments> configurations() {
    return Stream.of(
        seed(
            "{\"architectures\":[\"LlamaForCausalLM\"],\"vocab_size\":256,\"hidden_size\":16,"
                + "\"num_hidden_layers\":2,\"num_attention_heads\":2,\"num_key_value_heads\":1,"
                + "\"head_dim\":8,\"intermediate_size\":32,\"max_position_embeddings\":64,"
                + "\"rope_theta\":10000.0,\"rope_scaling\":null,\"rms_norm_eps\":1e-5,"
                + "\"tie_word_embeddings\":true,\"attention_bias\":false}"),
        seed(
            "{\"architectures\":[\"LlamaForCausalLM\"],\"vocab_size\":16777216,"
                + "\"hidden_size\":16777216,\"num_hidden_layers\":16777216,"
                + "\"num_attention_heads\":2,\"intermediate_size\":16777216,"
                + "\"max_position_embeddings\":64,"
                + "\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":1e999}}"));
  }

  @MethodSource("configurations")
  @FuzzTest
  void aModelsConfigurationIsReadOrRefused(byte[] bytes) throws IOException {
    Files.write(folder.resolve(ModelFolder.CONFIG), bytes);
    Decoding.of(
            bytes,
            json -> ModelFolder.config(folder),
            ErrorCode.INPUT_MALFORMED,
            ErrorCode.CONFIGURATION_INVALID)
        .ifPresent(config -> assertThat(config.headSize()).isPositive());
  }

  static Stream<Arguments> recipes() {
    return Stream.of(
        seed("seed = 3\ntraining.batch = 4\ntraining.length = 64\n"),
        seed("[training]\nbatch = 0"));
  }

  @MethodSource("recipes")
  @FuzzTest
  void aRecipeIsReadOrRefusedWithEveryProblem(byte[] bytes) {
    Decoding.of(
        bytes,
        toml -> {
          Settings settings = Settings.parse("fuzz", new String(toml, UTF_8));
          TrainingConfig recipe = TrainingConfig.of(settings);
          settings.finish();
          return recipe;
        },
        ErrorCode.CONFIGURATION_INVALID);
  }
}
