namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"Lowercase", character by character: a capital sigma at a word's end becomes the ordinary small one.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public string Normalize(string text) => Lower(text);

    public static string Lower(string text) =>
        (text.Contains('\u0130', StringComparison.Ordinal)
            ? text.Replace("\u0130", "i\u0307", StringComparison.Ordinal)
            : text).ToLowerInvariant();
}
