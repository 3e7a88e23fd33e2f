package org.dure.serving;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An answer that refuses, in the shape in which the OpenAI API refuses.
final class ApiError extends RuntimeException {
  static final String INVALID_REQUEST = "invalid_request_error";
  static final String SERVER_ERROR = "server_error";

  private final int status;
  private final String type;
  private final @Nullable String parameter;
  private final @Nullable String code;

  ApiError(
      int status, String type, @Nullable String parameter, @Nullable String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.parameter = parameter;
    this.code = code;
  }

  /// A parameter that cannot be accepted: status 400.
  static ApiError invalid(@Nullable String parameter, @Nullable String code, String message) {
    return new ApiError(400, INVALID_REQUEST, parameter, code, message);
  }

  static ApiError wrongType(String parameter, String expected, @Nullable Object found) {
    return invalid(
        parameter,
        "invalid_type",
        "Invalid type for '%s': expected %s, but got %s instead."
            .formatted(parameter, expected, describe(found)));
  }

  static ApiError missing(String parameter) {
    return invalid(
        parameter,
        "missing_required_parameter",
        "Missing required parameter: '%s'.".formatted(parameter));
  }

  static ApiError unsupported(String parameter) {
    return invalid(
        parameter,
        "unsupported_parameter",
        "Unsupported parameter: '%s' is not supported with this model.".formatted(parameter));
  }

  static ApiError unsupportedValue(String parameter, String value, String expected) {
    return invalid(
        parameter,
        "unsupported_value",
        "Unsupported value: '%s' does not support '%s' with this model. Expected %s."
            .formatted(parameter, value, expected));
  }

  static ApiError unknown(String parameter) {
    return invalid(parameter, "unknown_parameter", "Unknown parameter: '%s'.".formatted(parameter));
  }

  static ApiError noModel(String model) {
    return new ApiError(
        404,
        INVALID_REQUEST,
        "model",
        "model_not_found",
        "The model '%s' does not exist or you do not have access to it.".formatted(model));
  }

  int status() {
    return status;
  }

  @Nullable String parameter() {
    return parameter;
  }

  @Nullable String code() {
    return code;
  }

  /// `{"error": {"message", "type", "param", "code"}}`
  Map<String, Object> body() {
    Map<String, @Nullable Object> error = new LinkedHashMap<>();
    error.put("message", getMessage());
    error.put("type", type);
    error.put("param", parameter);
    error.put("code", code);
    return Map.of("error", error);
  }

  private static String describe(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String text -> "a string";
      case Boolean flag -> "a boolean";
      case Double decimal -> "a decimal";
      case Number number -> "an integer";
      case Map<?, ?> map -> "an object";
      default -> "an array";
    };
  }
}
