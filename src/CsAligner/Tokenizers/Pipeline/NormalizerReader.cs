using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Reads the section "normalizer".</summary>
internal static class NormalizerReader
{
    public static INormalizer Read(JsonView json)
    {
        string type = json.Required("type").Text();
        if (SettingsOf(type) is { } settings) json.Allow(["type", .. settings]);
        switch (type)
        {
            case "Sequence":
                return new NormalizerSequence([.. json.Required("normalizers").Items().Select(Read)]);
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                return new FormNormalizer(compatible: type.Contains('K', StringComparison.Ordinal), composed: type.EndsWith('C'));
            case "Lowercase":
                return new LowercaseNormalizer();
            case "Strip":
                return new StripNormalizer(json.Flag("strip_left", true), json.Flag("strip_right", true));
            case "StripAccents":
                return new RuneNormalizer(rune => CharacterKinds.IsMark(rune) ? null : rune);
            case "Nmt":
                return new RuneNormalizer(Nmt);
            case "Replace":
                return new ReplaceNormalizer(TextPattern.Read(json.Required("pattern")), json.Required("content").Text());
            case "Prepend":
                return new PrependNormalizer(json.Required("prepend").Text());
            case "ByteLevel":
                return new ByteLevelNormalizer();
            case "Precompiled":
                return PrecompiledNormalizer.Read(json);
            case "BertNormalizer":
                bool lowercase = json.Flag("lowercase", true);
                return new BertNormalizer(json.Flag("clean_text", true), json.Flag("handle_chinese_chars", true),
                    json.Flag("strip_accents", lowercase), lowercase);
            default:
                throw json.Unknown("normalizer", type);
        }
    }

    private static string[]? SettingsOf(string type) => type switch
    {
        "Sequence" => ["normalizers"],
        "Strip" => ["strip_left", "strip_right"],
        "Replace" => ["pattern", "content"],
        "Prepend" => ["prepend"],
        "Precompiled" => ["precompiled_charsmap"],
        "BertNormalizer" => ["clean_text", "handle_chinese_chars", "strip_accents", "lowercase"],
        "NFC" or "NFD" or "NFKC" or "NFKD" or "Lowercase" or "StripAccents" or "Nmt" or "ByteLevel" => [],
        _ => null,
    };

    // As SentencePiece's rules "nmt": control characters out, all that is like a space to a space.
    private static Rune? Nmt(Rune rune) => rune.Value switch
    {
        (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F => null,
        0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD =>
            new Rune(' '),
        _ => rune,
    };
}
