package org.dure.tokenizer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Printable;
import org.jspecify.annotations.Nullable;

/// `tokenizer.json` as Hugging Face tokenizers reads it (its `Tokenizer` serialisation, version
/// `1.0`), and the `tokenizer_config.json` beside it.
///
/// Reading is strict: what the file says about splitting, normalising and decoding must be what
/// this package does, or the ids would silently be others than those of the file's other readers.
final class TokenizerJson {
  /// Longest file that is read, so that a hostile one cannot exhaust the memory.
  private static final long MOST_BYTES = 128L << 20;

  private static final List<String> SPECIALS =
      List.of(Tokenizer.BEGIN, Tokenizer.END, Tokenizer.PADDING);

  private TokenizerJson() {}

  static byte[] load(Path file) {
    return AtomicFiles.read(file, MOST_BYTES);
  }

  static byte[] write(Merges merges) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      write(merges, out);
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "memory does not fail", e);
    }
    return out.toByteArray();
  }

  /// Token by token: the file of a large vocabulary is several times as large as its merges.
  static void write(Merges merges, OutputStream out) throws IOException {
    Map<String, @Nullable Object> root = new LinkedHashMap<>();
    root.put("version", "1.0");
    root.put("truncation", null);
    root.put("padding", null);
    root.put("added_tokens", specials(merges.tokens()));
    root.put("normalizer", normalizer());
    root.put("pre_tokenizer", preTokenizer(Splitter.STANDARD));
    root.put("post_processor", postProcessor(merges.tokens()));
    root.put("decoder", decoder());
    root.put("model", modelSettings());
    String frame = Json.text(root);
    say(out, frame.substring(0, frame.length() - "}}".length()));
    for (int id = 0; id < merges.tokens(); id++) {
      say(out, (id == 0 ? ",\"vocab\":{" : ",") + quoted(merges, id) + ":" + id);
    }
    say(out, "},\"merges\":[");
    for (int id = ByteAlphabet.SIZE; id < merges.tokens(); id++) {
      say(out, id == ByteAlphabet.SIZE ? "[" : ",[");
      say(out, quoted(merges, merges.left(id)) + "," + quoted(merges, merges.right(id)) + "]");
    }
    say(out, "]}}");
  }

  private static void say(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String quoted(Merges merges, int id) {
    return Json.text(ByteAlphabet.write(merges.bytes(id)));
  }

  private static List<Map<String, Object>> specials(int first) {
    List<Map<String, Object>> specials = new ArrayList<>();
    for (String content : SPECIALS) {
      Map<String, Object> special = new LinkedHashMap<>();
      special.put("id", first + specials.size());
      special.put("content", content);
      special.put("single_word", false);
      special.put("lstrip", false);
      special.put("rstrip", false);
      special.put("normalized", false);
      special.put("special", true);
      specials.add(special);
    }
    return specials;
  }

  private static Map<String, Object> normalizer() {
    return map("type", "Sequence", "normalizers", List.of(map("type", "NFC")));
  }

  private static Map<String, Object> preTokenizer(Splitter splitter) {
    Map<String, Object> split =
        map(
            "type",
            "Split",
            "pattern",
            map("Regex", splitter.pattern()),
            "behavior",
            "Isolated",
            "invert",
            false);
    Map<String, Object> bytes =
        map(
            "type", "ByteLevel",
            "add_prefix_space", false,
            "trim_offsets", true,
            "use_regex", false);
    return map("type", "Sequence", "pretokenizers", List.of(split, bytes));
  }

  /// Readers that ask for specials, as transformers and vLLM do unless told otherwise, get what the
  /// models are trained on: `<|begin|>` before every text.
  private static Map<String, Object> postProcessor(int begin) {
    Map<String, Object> special =
        map("id", Tokenizer.BEGIN, "ids", List.of(begin), "tokens", List.of(Tokenizer.BEGIN));
    List<Object> first =
        List.of(piece("SpecialToken", Tokenizer.BEGIN, 0), piece("Sequence", "A", 0));
    List<Object> pair = new ArrayList<>(first);
    pair.add(piece("SpecialToken", Tokenizer.BEGIN, 1));
    pair.add(piece("Sequence", "B", 1));
    return map(
        "type",
        "TemplateProcessing",
        "single",
        first,
        "pair",
        pair,
        "special_tokens",
        map(Tokenizer.BEGIN, special));
  }

  private static Map<String, Object> piece(String kind, String id, int type) {
    return map(kind, map("id", id, "type_id", type));
  }

  private static Map<String, Object> decoder() {
    return map(
        "type", "ByteLevel", "add_prefix_space", true, "trim_offsets", true, "use_regex", true);
  }

  /// Everything of the model but its vocabulary and merges. `ignore_merges` is Llama 3's setting: a
  /// chunk that is a token becomes that token at once. With merges that come from training it never
  /// changes an id, since such a token is what its own merges make; it saves its readers time.
  private static Map<String, @Nullable Object> modelSettings() {
    Map<String, @Nullable Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("dropout", null);
    model.put("unk_token", null);
    model.put("continuing_subword_prefix", null);
    model.put("end_of_word_suffix", null);
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", true);
    return model;
  }

  private static Map<String, Object> map(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  /// What the transformers library needs beside the tokenizer; the chat template sets each message
  /// on a line of its own, as plain text, since the models are not trained on dialogue.
  ///
  /// @param longest most tokens that the model sees at once, where a model goes with it
  static String configuration(OptionalInt longest) {
    Map<String, Object> configuration =
        map(
            "tokenizer_class",
            "PreTrainedTokenizerFast",
            "bos_token",
            Tokenizer.BEGIN,
            "eos_token",
            Tokenizer.END,
            "pad_token",
            Tokenizer.PADDING,
            "add_bos_token",
            true,
            "add_eos_token",
            false,
            "clean_up_tokenization_spaces",
            false,
            "model_input_names",
            List.of("input_ids", "attention_mask"),
            "chat_template",
            "{{ bos_token }}{% for message in messages %}{{ message['content'] }}"
                + "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}");
    longest.ifPresent(tokens -> configuration.put("model_max_length", tokens));
    return Json.pretty(configuration);
  }

  /// How the tokenizer of a file that [#parse] takes cuts text.
  static Splitter splitter(byte[] bytes) {
    return splitter(Json.object(bytes));
  }

  private static Splitter splitter(Map<String, @Nullable Object> root) {
    return preTokenizer(Splitter.LLAMA_3).equals(root.get("pre_tokenizer"))
        ? Splitter.LLAMA_3
        : Splitter.STANDARD;
  }

  static Merges parse(byte[] bytes, String name) {
    Reader reader = new Reader(name);
    Map<String, @Nullable Object> root;
    try {
      root = Json.object(bytes);
    } catch (DureException e) {
      throw new DureException(ErrorCode.INPUT_MALFORMED, name + ": " + e.getMessage(), e);
    }
    reader.same(root, "version", "1.0");
    reader.same(root, "truncation", null);
    reader.same(root, "padding", null);
    reader.same(root, "normalizer", normalizer());
    reader.same(root, "pre_tokenizer", preTokenizer(splitter(root)));
    reader.same(root, "decoder", decoder());
    if (!(root.get("model") instanceof Map<?, ?> model)) {
      throw reader.problem("model", "there is none, expected a BPE model");
    }
    modelSettings().forEach((key, expected) -> reader.same(model, key, expected, "model."));
    Merges merges = reader.merges(model);
    reader.same(root, "added_tokens", specials(merges.tokens()));
    if (root.get("post_processor") != null) {
      // Files of before the version with it have none.
      reader.same(root, "post_processor", postProcessor(merges.tokens()));
    }
    return merges;
  }

  /// Where a file's errors are said.
  private record Reader(String name) {
    DureException problem(String field, String problem) {
      return new DureException(
          ErrorCode.INPUT_MALFORMED, "%s: %s: %s".formatted(name, field, Printable.line(problem)));
    }

    void same(Map<?, ?> object, String key, @Nullable Object expected) {
      same(object, key, expected, "");
    }

    void same(Map<?, ?> object, String key, @Nullable Object expected, String where) {
      Object found = object.get(key);
      if (!Objects.equals(found, expected)) {
        throw problem(
            where + key,
            "%s is not what this tokenizer does, expected %s"
                .formatted(
                    excerpt(found),
                    Json.text(expected == null ? Map.of() : expected)
                        .replaceFirst("^\\{}$", "null")));
      }
    }

    private static String excerpt(@Nullable Object value) {
      if (value == null) {
        return "null";
      }
      String text = Json.text(value);
      return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }

    Merges merges(Map<?, ?> model) {
      if (!(model.get("vocab") instanceof Map<?, ?> vocabulary)) {
        throw problem("model.vocab", "there is none, expected an object from token to id");
      }
      if (!(model.get("merges") instanceof List<?> list)) {
        throw problem("model.merges", "there are none, expected an array of pairs");
      }
      if (vocabulary.size() != ByteAlphabet.SIZE + list.size()
          || vocabulary.size() + Tokenizer.SPECIALS > TokenizerTrainer.MOST_VOCABULARY) {
        throw problem(
            "model.vocab",
            "%d tokens with %d merges, expected 256 more tokens than merges and at most %d"
                .formatted(vocabulary.size(), list.size(), TokenizerTrainer.MOST_VOCABULARY));
      }
      Map<String, Integer> ids = ids(vocabulary);
      int[][] pairs = new int[list.size()][];
      for (int i = 0; i < pairs.length; i++) {
        pairs[i] = pair(list.get(i), i, ids);
      }
      try {
        return Merges.of(pairs);
      } catch (DureException e) {
        throw problem("model.merges", String.valueOf(e.getMessage()));
      }
    }

    private Map<String, Integer> ids(Map<?, ?> vocabulary) {
      Map<String, Integer> ids = HashMap.newHashMap(vocabulary.size());
      vocabulary.forEach(
          (token, id) -> {
            if (!(id instanceof Integer number) || number < 0 || number >= vocabulary.size()) {
              throw problem(
                  "model.vocab",
                  "token %s has id %s, expected 0 to %d"
                      .formatted(token, id, vocabulary.size() - 1));
            }
            ids.put((String) token, number);
          });
      for (int id = 0; id < ByteAlphabet.SIZE; id++) {
        String expected = ByteAlphabet.write(new byte[] {ByteAlphabet.byteOf(id)});
        if (!Objects.equals(ids.get(expected), id)) {
          throw problem(
              "model.vocab",
              "token %s, which stands for a byte, has id %s, expected %d"
                  .formatted(expected, ids.get(expected), id));
        }
      }
      return ids;
    }

    private int[] pair(@Nullable Object merge, int index, Map<String, Integer> ids) {
      if (!(merge instanceof List<?> parts)
          || parts.size() != 2
          || !(parts.get(0) instanceof String left)
          || !(parts.get(1) instanceof String right)) {
        throw problem(
            "model.merges", "merge %d is %s, expected two tokens".formatted(index, excerpt(merge)));
      }
      int made = ByteAlphabet.SIZE + index;
      for (String part : List.of(left, right)) {
        Integer id = ids.get(part);
        if (id == null || id >= made) {
          throw problem(
              "model.merges",
              "merge %d joins %s, which no earlier merge makes".formatted(index, part));
        }
      }
      if (left.length() + right.length() > WordCounts.MOST_CHUNK_BYTES) {
        throw problem(
            "model.merges",
            "merge %d makes a token of %d bytes, at most %d are supported"
                .formatted(index, left.length() + right.length(), WordCounts.MOST_CHUNK_BYTES));
      }
      if (!Objects.equals(ids.get(left + right), made)) {
        throw problem(
            "model.vocab",
            "token %s of merge %d has id %s, expected %d"
                .formatted(left + right, index, ids.get(left + right), made));
      }
      return new int[] {
        Objects.requireNonNull(ids.get(left)), Objects.requireNonNull(ids.get(right))
      };
    }
  }
}
