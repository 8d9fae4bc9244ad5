using System.Text;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"ByteLevel" as a normalizer: each UTF-8 byte written as the visible character that stands for it.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    public string Normalize(string text)
    {
        var visible = new StringBuilder(text.Length + 16);
        ByteLevelPreTokenizer.Append(text, visible);
        return visible.ToString();
    }
}
