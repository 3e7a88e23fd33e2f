package org.dure.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Turns a conversation into a prompt.
///
/// The models continue text and were not tuned to talk. So the prompt is the messages' contents in
/// their order, one below the other with a line end between them and nothing after the last: the
/// model goes on with the last message. Roles leave no mark. As a chat template of the transformers
/// library this is
///
/// ```
/// {{ bos_token }}{% for message in messages %}{{ message['content'] }}
///   {%- if not loop.last %}{{ '\n' }}{% endif %}{% endfor %}
/// ```
final class ChatPrompt {
  /// Between two messages.
  static final String SEPARATOR = "\n";

  private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant");

  /// Parts of an assistant message that an earlier answer may bring along.
  private static final Set<String> ANSWER_PARTS =
      Set.of("refusal", "annotations", "audio", "tool_calls", "function_call");

  private ChatPrompt() {}

  static String of(List<?> messages) {
    if (messages.isEmpty()) {
      throw ApiError.invalid(
          "messages",
          "empty_array",
          "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.");
    }
    List<String> contents = new ArrayList<>();
    for (int at = 0; at < messages.size(); at++) {
      contents.add(
          content(RequestParameters.object("messages[%d]".formatted(at), messages.get(at))));
    }
    return String.join(SEPARATOR, contents);
  }

  private static String content(RequestParameters message) {
    String role = message.text("role");
    if (!ROLES.contains(role)) {
      throw ApiError.invalid(
          message.path("role"),
          "invalid_value",
          "Invalid value: '%s'. Supported values are: 'system', 'developer', 'user' and 'assistant'."
              .formatted(role));
    }
    for (String name : message.all().keySet()) {
      // Clients send earlier answers back with all their empty parts; null says nothing.
      boolean says = !name.equals("role") && !name.equals("content") && message.has(name);
      if (says && !(ANSWER_PARTS.contains(name) && List.of().equals(message.value(name)))) {
        throw ANSWER_PARTS.contains(name) || name.equals("name")
            ? ApiError.unsupported(message.path(name))
            : ApiError.unknown(message.path(name));
      }
    }
    return switch (message.value("content")) {
      case null -> throw ApiError.missing(message.path("content"));
      case String text -> text;
      case List<?> parts -> parts(message.path("content"), parts);
      case Object other ->
          throw ApiError.wrongType(message.path("content"), "a string or an array", other);
    };
  }

  private static String parts(String name, List<?> parts) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < parts.size(); at++) {
      RequestParameters part =
          RequestParameters.object("%s[%d]".formatted(name, at), parts.get(at));
      String type = part.text("type");
      if (!type.equals("text")) {
        throw ApiError.unsupportedValue(part.path("type"), type, "'text'");
      }
      part.only(Set.of("type", "text"), Set.of("prompt_cache_breakpoint"), Set.of());
      text.append(part.text("text"));
    }
    return text.toString();
  }
}
