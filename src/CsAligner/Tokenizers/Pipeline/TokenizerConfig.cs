using System.Text.Json;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Settings of <c>tokenizer_config.json</c> that <c>tokenizer.json</c> may lack or contradict.</summary>
internal sealed record TokenizerConfig(string? PaddingToken, int? ContextLength, bool PadLeft, bool TruncateLeft)
{
    // Where a model has no limit, files say 1e30.
    private const double LongestContext = 1 << 24;

    // Transformers' classes write these over what tokenizer.json says; files that were saved together agree.
    private static readonly (string Key, string Section, string Type, string Setting)[] Repeated =
    [
        ("do_lower_case", "normalizer", "BertNormalizer", "lowercase"),
        ("strip_accents", "normalizer", "BertNormalizer", "strip_accents"),
        ("tokenize_chinese_chars", "normalizer", "BertNormalizer", "handle_chinese_chars"),
        ("add_prefix_space", "pre_tokenizer", "ByteLevel", "add_prefix_space"),
    ];

    private readonly List<(string Key, JsonValueKind Value)> _repeated = [];

    public static TokenizerConfig None { get; } = new(null, null, false, false);

    public static TokenizerConfig Read(JsonView json)
    {
        string? padding = json.Optional("pad_token") is { } token
            ? (token.Kind == JsonValueKind.Object ? token.Required("content") : token).Text()
            : null;
        double? longest = json.Optional("model_max_length")?.Number();
        var config = new TokenizerConfig(padding, longest is >= 1 and < LongestContext ? (int)longest : null, IsLeft(json, "padding_side"),
            IsLeft(json, "truncation_side"));
        foreach (var (key, _, _, _) in Repeated)
            if (json.Optional(key) is { } value) config._repeated.Add((key, value.Kind));
        return config;
    }

    /// <summary>Refuses a <c>tokenizer.json</c> that would be computed with different settings.</summary>
    public void RequireAgreement(JsonView tokenizer)
    {
        foreach (var (key, value) in _repeated)
        {
            var (_, section, type, setting) = Repeated.Single(repeated => repeated.Key == key);
            if (tokenizer.Optional(section) is not { Kind: JsonValueKind.Object } part
                || part.Optional("type") is not { Kind: JsonValueKind.String } kind || kind.Text() != type)
                continue;
            if (part.Optional(setting) is { } own && own.Kind != value)
                throw own.Malformed(
                    $"{setting} is {Named(own.Kind)}, {key} of tokenizer_config.json is {Named(value)}: "
                    + "it is unclear which the model was trained with");
        }
    }

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "neither true nor false",
    };

    private static bool IsLeft(JsonView json, string name) => json.Text(name, "right") switch
    {
        "right" => false,
        "left" => true,
        var other => throw json.Unknown(name, other),
    };
}
