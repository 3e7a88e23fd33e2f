package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageModel;
import org.dure.core.ModelConfig;
import org.dure.core.Seeded;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchLanguageModelTest {
  private static final float TOLERANCE = 1e-4f;

  @TempDir Path folder;

  private TorchLanguageModel open() {
    return TorchLanguageModel.open(Samples.modelFolder(folder), "tiny", "ko");
  }

  private static int[] tokens(SplittableRandom random, int count, LanguageModel model) {
    return random.ints(count, 0, model.vocabularySize()).toArray();
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(TOLERANCE));
    }
  }

  @Test
  void theTokenizerOfTheFolderSpeaks() {
    try (LanguageModel model = open()) {
      int[] ids = model.encode("tiny 말");
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        text.append(new String(model.bytes(id), StandardCharsets.ISO_8859_1));
      }
      assertThat(text.toString().getBytes(StandardCharsets.ISO_8859_1))
          .isEqualTo("tiny 말".getBytes(StandardCharsets.UTF_8));
      assertThat(model.bytes(model.beginToken())).isEmpty();
      assertThat(model.beginToken()).isNotEqualTo(model.endToken());
      assertThat(List.of(model.name(), model.language())).containsExactly("tiny", "ko");
      assertThat(model.contextLength()).isEqualTo(96);
    }
  }

  @Test
  void logitsOfADecoderAreThoseWithoutACache() {
    SplittableRandom random = Seeded.random("logitsOfADecoderAreThoseWithoutACache");
    try (LanguageModel model = open()) {
      int[] ids = tokens(random, model.contextLength(), model);
      float[][] expected = model.logits(ids);
      try (LanguageModel.Decoder decoder = model.decoder()) {
        int at = 0;
        while (at < ids.length) {
          int count = Math.min(ids.length - at, random.nextInt(1, 20));
          float[] found = decoder.next(Arrays.copyOfRange(ids, at, at + count));
          at += count;
          assertThat(decoder.length()).isEqualTo(at);
          assertClose(found, expected[at - 1]);
        }
        assertThatThrownBy(() -> decoder.next(0))
            .isInstanceOf(DureException.class)
            .hasMessageContaining("1 tokens after 96");
      }
    }
  }

  @Test
  void logProbabilitiesAreThoseOfTheLogitsWhateverTheNeighbours() {
    SplittableRandom random =
        Seeded.random("logProbabilitiesAreThoseOfTheLogitsWhateverTheNeighbours");
    try (LanguageModel model = open()) {
      int[][] sequences = new int[150][];
      for (int i = 0; i < sequences.length; i++) {
        sequences[i] = tokens(random, random.nextInt(2, model.contextLength() + 1), model);
      }
      float[][] found = model.logProbabilities(sequences);
      for (int i = 0; i < sequences.length; i += 10) {
        float[][] logits = model.logits(sequences[i]);
        float[] expected = new float[sequences[i].length - 1];
        for (int t = 0; t < expected.length; t++) {
          expected[t] = logProbability(logits[t], sequences[i][t + 1]);
        }
        assertClose(found[i], expected);
      }
      assertThat(model.logProbabilities(new int[0][])).isEmpty();
    }
  }

  private static float logProbability(float[] logits, int token) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[token]);
    }
    return (float) -Math.log(sum);
  }

  @Test
  void manyVirtualThreadsAtOnceGetTheSameLogits() throws Exception {
    try (LanguageModel model = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      int[] ids = model.encode("작은 세상, tiny worlds");
      float[] expected = model.logits(ids)[ids.length - 1];
      List<Future<float[]>> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        all.add(
            threads.submit(
                () -> {
                  try (LanguageModel.Decoder decoder = model.decoder()) {
                    float[] last = new float[0];
                    for (int id : ids) {
                      last = decoder.next(id);
                    }
                    return last;
                  }
                }));
      }
      for (Future<float[]> one : all) {
        assertClose(one.get(), expected);
      }
    }
  }

  @Test
  void tokensThatTheModelDoesNotHaveAreRefused() {
    try (LanguageModel model = open();
        LanguageModel.Decoder decoder = model.decoder()) {
      for (int token : new int[] {-1, model.vocabularySize(), Integer.MAX_VALUE}) {
        assertThatThrownBy(() -> decoder.next(token)).isInstanceOf(DureException.class);
        assertThatThrownBy(() -> model.logits(new int[] {token})).isInstanceOf(DureException.class);
        assertThatThrownBy(() -> model.logProbabilities(new int[][] {{0, token}}))
            .hasMessageContaining("expected 0 to");
      }
      assertThatThrownBy(() -> model.logits(new int[97])).hasMessageContaining("1 to 96");
      assertThatThrownBy(() -> model.logits(new int[0])).isInstanceOf(DureException.class);
    }
  }

  @Test
  void aClosedModelIsAnErrorAndNoCrash() {
    TorchLanguageModel model = open();
    LanguageModel.Decoder decoder = model.decoder();
    model.close();
    model.close();
    assertThatThrownBy(() -> model.logits(new int[] {1})).hasMessageContaining("closed");
    assertThatThrownBy(() -> decoder.next(1)).hasMessageContaining("closed");
    decoder.close();
    decoder.close();
  }

  @Test
  void everyTruncationOfTheWeightsIsRefusedByName() throws IOException {
    Path file = Samples.modelFolder(folder).resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 7, 8, 100, whole.length / 2, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> TorchLanguageModel.open(folder, "tiny", "ko"))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining("model.safetensors");
    }
  }

  @Test
  void aConfigurationThatDoesNotFitTheWeightsIsRefusedByTensor() throws IOException {
    Path file = Samples.modelFolder(folder).resolve("config.json");
    String config = Files.readString(file);
    for (String[] change :
        new String[][] {
          {"\"num_hidden_layers\" : 2", "\"num_hidden_layers\" : 3", "model.layers.2."},
          {"\"num_hidden_layers\" : 2", "\"num_hidden_layers\" : 1", "model.layers.1."},
          {"\"intermediate_size\" : 64", "\"intermediate_size\" : 128", "gate_proj"},
          {"\"tie_word_embeddings\" : true", "\"tie_word_embeddings\" : false", "lm_head"},
          {"\"vocab_size\" : 384", "\"vocab_size\" : 256", "vocabulary of 384"},
          {"\"LlamaForCausalLM\"", "\"GPT2LMHeadModel\"", "architectures"},
          {"\"head_dim\" : 8", "\"head_dim\" : 16", "head_dim"},
          {"\"hidden_size\" : 32", "\"hidden_size\" : -1", "hidden_size"},
          {"\"hidden_size\" : 32", "\"hidden_size\" : \"32\"", "hidden_size"},
          {"\"mlp_bias\" : false", "\"mlp_bias\" : true", "mlp_bias"},
        }) {
      assertThat(config).contains(change[0]);
      Files.writeString(file, config.replace(change[0], change[1]));
      assertThatThrownBy(() -> TorchLanguageModel.open(folder, "tiny", "ko"))
          .isInstanceOf(DureException.class)
          .hasMessageContaining(change[2]);
    }
  }

  /// What would make other logits than this program computes, whatever the library that wrote it.
  @Test
  void whatIsNotHonouredIsRefusedByName() throws IOException {
    Path file = Samples.modelFolder(folder).resolve("config.json");
    String config = Files.readString(file);
    for (String[] change :
        new String[][] {
          {"hidden_act", "\"gelu\"", "\"silu\""},
          {"model_type", "\"mistral\"", "\"llama\""},
          {"rope_scaling", "{\"rope_type\": \"linear\", \"factor\": 2.0}", "default"},
          {"rope_scaling", "{\"type\": \"dynamic\"}", "default"},
          {"rope_scaling", "2", "an object or null"},
          {"rope_parameters", "{\"rope_type\": \"default\", \"partial_rotary_factor\": 0.5}", "no"},
          {"rope_theta", "1e999", "number"},
          {"tie_word_embeddings", "\"true\"", "true or false"},
          {"attention_bias", "true", "false"},
          {"attention_bias", "\"yes\"", "false"},
          {"mlp_bias", "1", "false"},
          {"sliding_window", "64", "no such key"},
          {"use_sliding_window", "true", "false"},
          {"quantization_config", "{\"quant_method\": \"gptq\"}", "no such key"},
          {"torch_dtype", "\"bfloat16\"", "\"float32\""},
          {"dtype", "\"float16\"", "\"float32\""},
          {"attn_logit_softcapping", "50.0", "no such key"},
          {"num_local_experts", "8", "no such key"},
          {"partial_rotary_factor", "0.5", "1"},
          {"pretraining_tp", "2", "1"},
          {"bos_token_id", "7", "tokenizer.json"},
          {"eos_token_id", "[1, 2]", "tokenizer.json"},
        }) {
      Files.writeString(file, with(config, change[0], change[1]));
      assertThatThrownBy(() -> TorchLanguageModel.open(folder, "tiny", "ko"))
          .as(String.join(" ", change))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining(file + ": " + change[0])
          .hasMessageContaining("expected")
          .hasMessageContaining(change[2]);
    }
  }

  @Test
  void whatChangesNoLogitIsRead() throws IOException {
    Path file = Samples.modelFolder(folder).resolve("config.json");
    String config = Files.readString(file);
    ModelConfig expected = ModelFolder.config(folder);
    for (String[] change :
        new String[][] {
          {"transformers_version", "\"4.57.1\""},
          {"use_cache", "false"},
          {"attention_dropout", "0.1"},
          {"sliding_window", "null"},
          {"quantization_config", "null"},
          {"rope_scaling", "{\"rope_type\": \"default\"}"},
          {"pretraining_tp", "1"},
          {"dtype", "\"float32\""},
          {"_name_or_path", "\"x\""},
        }) {
      Files.writeString(file, with(config, change[0], change[1]));
      assertThat(ModelFolder.config(folder)).as(change[0]).isEqualTo(expected);
      TorchLanguageModel.open(folder, "tiny", "ko").close();
    }
  }

  /// The configuration with one key set.
  private static String with(String config, String key, String value) {
    String without = config.replaceAll("\\s*\"" + key + "\" : [^,\n]*,?", "");
    return without.replaceFirst("\\{", "{ \"" + key + "\" : " + value + ",");
  }

  @Test
  void theTokenizersConfigurationSaysHowMuchTheModelSees() throws IOException {
    Path file = Samples.modelFolder(folder).resolve("tokenizer_config.json");
    assertThat(Json.object(file))
        .containsEntry("model_max_length", ModelFolder.config(folder).contextLength())
        .containsEntry("bos_token", "<|begin|>")
        .containsEntry("eos_token", "<|end|>")
        .containsEntry("add_bos_token", true);
    assertThat(Json.object(folder.resolve("tokenizer.json")).get("post_processor")).isNotNull();
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    for (String name : new String[] {"model.safetensors", "config.json", "tokenizer.json"}) {
      Path file = Samples.modelFolder(folder).resolve(name);
      Files.delete(file);
      assertThatThrownBy(() -> TorchLanguageModel.open(folder, "tiny", "ko"))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING))
          .hasMessageContaining(name);
    }
  }

  @Test
  void aConfigurationWrittenByTransformersFiveIsRead() throws IOException {
    Path file = Samples.modelFolder(folder).resolve("config.json");
    ModelConfig expected = ModelFolder.config(folder);
    String config = Files.readString(file);
    Files.writeString(
        file,
        config
            .replace(
                "\"rope_theta\" : 10000.0,",
                "\"rope_parameters\": {\"rope_theta\": 10000.0, \"rope_type\": \"default\"},")
            .replace("\"rope_scaling\" : null,", ""));
    assertThat(ModelFolder.config(folder)).isEqualTo(expected);
    Files.writeString(file, Files.readString(file).replace("\"default\"", "\"yarn\""));
    assertThatThrownBy(() -> ModelFolder.config(folder)).hasMessageContaining("rope_type");
  }

  @Test
  void aViewOfATrainerFollowsItAndLeavesItOpen() {
    ModelConfig config = Samples.words();
    try (TorchTrainer trainer = Samples.trainer(folder, config, 5, Sharing.BODY)) {
      LanguageModel model = trainer.languageModel(Samples.tokenizer(), "view", "ko");
      float before = model.logits(new int[] {1, 2, 3})[2][0];
      trainer.train(2, step -> {});
      assertThat(model.logits(new int[] {1, 2, 3})[2][0]).isNotEqualTo(before);
      model.close();
      trainer.train(1, step -> {});
    }
  }

  @Test
  void anExportedModelGivesTheLogitsOfTheTrainer() {
    Samples.tokenizer().write(folder);
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.words(), 5, Sharing.ALL)) {
      trainer.train(3, step -> {});
      trainer.exportTo(folder);
      int[] ids = {4, 8, 15, 16, 23, 42};
      float[][] expected = trainer.languageModel(Samples.tokenizer(), "view", "ko").logits(ids);
      try (LanguageModel model = TorchLanguageModel.open(folder, "tiny", "ko")) {
        assertThat(model.logits(ids)).isDeepEqualTo(expected);
      }
    }
  }

  /// Puts a value in the place of the last weight.
  static void overwriteLastWeight(Path file, float value) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, value);
    Files.write(file, bytes);
  }

  @Test
  void weightsThatAreNotFiniteAreRefusedByName() throws IOException {
    Samples.modelFolder(folder);
    TorchLanguageModel.check(folder);
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      overwriteLastWeight(folder.resolve("model.safetensors"), bad);
      for (ThrowingCallable use :
          List.<ThrowingCallable>of(
              () -> TorchLanguageModel.open(folder, "tiny", "ko"),
              () -> TorchLanguageModel.check(folder))) {
        assertThatThrownBy(use)
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
            .hasMessageContaining("model.safetensors")
            .hasMessageContaining("not finite");
      }
    }
  }

  @Test
  void aTokenizerOfOtherWeightsIsFoundOutEvenIfItHasTheirVocabulary() {
    Samples.modelFolder(folder);
    TokenizerTrainer.train(
            WordCounts.count(List.of("other words, other worlds, 다른 말, d'autres mots")), 300)
        .write(folder);
    assertThatThrownBy(() -> TorchLanguageModel.check(folder))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLAIM_UNFOUNDED))
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(Samples.tokenizer().digest());
  }

  @Test
  void aTrainerKnowsWhichTokenizerMadeItsTokens() {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.words(), 5, Sharing.BODY)) {
      assertThatThrownBy(() -> trainer.requireTokenizer(Samples.tokenizer()))
          .isInstanceOf(DureException.class)
          .hasMessageContaining(Samples.TOKENIZER)
          .hasMessageContaining(Samples.tokenizer().digest());
    }
  }

  @Test
  void whatIsSharedIsReadFromAModelsFolderAsTheTrainerHasIt() {
    for (Sharing sharing : Sharing.values()) {
      try (TorchTrainer trainer = Samples.trainer(folder, Samples.words(), 5, sharing);
          Arena arena = Arena.ofConfined()) {
        trainer.train(1, step -> {});
        trainer.exportTo(folder);
        Weights read = SharedTensors.of(folder, sharing, arena);
        assertThat(read.values().mismatch(Samples.weights(trainer).values())).isEqualTo(-1);
        assertThat(read.layout()).isEqualTo(trainer.shared());
      }
    }
  }
}
