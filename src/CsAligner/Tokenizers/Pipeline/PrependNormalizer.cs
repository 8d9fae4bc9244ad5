namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"Prepend": puts something before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    public string Normalize(string text) => text.Length == 0 ? text : prefix + text;
}
