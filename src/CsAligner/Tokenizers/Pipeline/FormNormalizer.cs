using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"NFC", "NFD", "NFKC" and "NFKD".</summary>
internal sealed class FormNormalizer(bool compatible, bool composed) : INormalizer
{
    public string Normalize(string text) => UnicodeForms.Normalize(text, compatible, composed);
}
