using System.Text.Json;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>What <c>tokenizer_config.json</c> says that <c>tokenizer.json</c> may not.</summary>
internal sealed record TokenizerConfig(string? PaddingToken, int? ContextLength, bool PadLeft, bool TruncateLeft)
{
    // Where a model has no limit, files say 1e30.
    private const double LongestContext = 1 << 24;

    public static TokenizerConfig None { get; } = new(null, null, false, false);

    public static TokenizerConfig Read(JsonView json)
    {
        string? padding = json.Optional("pad_token") is { } token ? (token.Kind == JsonValueKind.Object ? token.Required("content") : token).Text() : null;
        double? longest = json.Optional("model_max_length")?.Number();
        return new TokenizerConfig(padding, longest is >= 1 and < LongestContext ? (int)longest : null, IsLeft(json, "padding_side"), IsLeft(json, "truncation_side"));
    }

    private static bool IsLeft(JsonView json, string name) => json.Text(name, "right") switch
    {
        "right" => false,
        "left" => true,
        var other => throw json.Unknown(name, other),
    };
}
