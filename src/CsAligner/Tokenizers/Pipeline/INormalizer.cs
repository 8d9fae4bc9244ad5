namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Rewrites a text before it is cut. Texts hold no lone surrogates.</summary>
internal interface INormalizer
{
    string Normalize(string text);
}
