using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Reads the section "pre_tokenizer".</summary>
internal static class PreTokenizerReader
{
    public static IPreTokenizer Read(JsonView json)
    {
        string type = json.Required("type").Text();
        if (SettingsOf(type) is { } settings) json.Allow(["type", .. settings]);
        switch (type)
        {
            case "Sequence":
                return new PreTokenizerSequence([.. json.Required("pretokenizers").Items().Select(Read)]);
            case "ByteLevel":
                return new ByteLevelPreTokenizer(json.Flag("add_prefix_space", true), json.Flag("use_regex", true));
            case "Whitespace":
                return new WordPreTokenizer();
            case "WhitespaceSplit":
                return new CharacterPreTokenizer(Rune.IsWhiteSpace, SplitBehavior.Removed);
            case "BertPreTokenizer":
                return new PreTokenizerSequence(
                    [new CharacterPreTokenizer(Rune.IsWhiteSpace, SplitBehavior.Removed),
                        new CharacterPreTokenizer(CharacterKinds.IsPunctuation, SplitBehavior.Isolated)]);
            case "Punctuation":
                return new CharacterPreTokenizer(CharacterKinds.IsPunctuation, Behavior(json, "Isolated"));
            case "Digits":
                return new CharacterPreTokenizer(CharacterKinds.IsNumber,
                    json.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "CharDelimiterSplit":
                var delimiter = new Rune(json.Character("delimiter"));
                return new CharacterPreTokenizer(rune => rune == delimiter, SplitBehavior.Removed);
            case "Metaspace":
                return new MetaspacePreTokenizer(json.Character("replacement"), Scheme(json), json.Flag("split", true));
            case "Split":
                return new PatternPreTokenizer(TextPattern.Read(json.Required("pattern")), Behavior(json, null),
                    json.Flag("invert", false));
            default:
                throw json.Unknown("pre-tokenizer", type);
        }
    }

    private static string[]? SettingsOf(string type) => type switch
    {
        "Sequence" => ["pretokenizers"],

        // Where a token's text begins and ends is not asked for here.
        "ByteLevel" => ["add_prefix_space", "trim_offsets", "use_regex"],
        "Punctuation" => ["behavior"],
        "Digits" => ["individual_digits"],
        "CharDelimiterSplit" => ["delimiter"],
        "Metaspace" => ["replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep"],
        "Split" => ["pattern", "behavior", "invert"],
        "Whitespace" or "WhitespaceSplit" or "BertPreTokenizer" => [],
        _ => null,
    };

    private static SplitBehavior Behavior(JsonView json, string? otherwise)
    {
        string name = json.Optional("behavior")?.Text() ?? otherwise ?? throw json.Malformed("behavior is missing");
        return name switch
        {
            "Removed" => SplitBehavior.Removed,
            "Isolated" => SplitBehavior.Isolated,
            "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
            "MergedWithNext" => SplitBehavior.MergedWithNext,
            "Contiguous" => SplitBehavior.Contiguous,
            _ => throw json.Unknown("behavior", name),
        };
    }

    // Older files say add_prefix_space.
    private static PrependScheme Scheme(JsonView json)
    {
        string name = json.Text("prepend_scheme", json.Flag("add_prefix_space", true) ? "always" : "never");
        return name switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw json.Unknown("prepend_scheme", name),
        };
    }
}
