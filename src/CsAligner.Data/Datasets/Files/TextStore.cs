using System.Text;

namespace CsAligner.Data.Datasets.Files;

/// <summary>Many short texts in little memory: their UTF-8 bytes in large blocks, and 12 bytes each.</summary>
internal sealed class TextStore
{
    private const int BlockBytes = 1 << 20;

    private readonly List<byte[]> _blocks = [];
    private readonly List<(int Block, int Offset, int Length)> _texts = [];
    private int _free;

    public int Count => _texts.Count;

    public string this[int index]
    {
        get
        {
            (int block, int offset, int length) = _texts[index];
            return Encoding.UTF8.GetString(_blocks[block], offset, length);
        }
    }

    public int Add(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (_blocks.Count == 0 || _blocks[^1].Length - _free < length)
        {
            _blocks.Add(new byte[Math.Max(BlockBytes, length)]);
            _free = 0;
        }

        Encoding.UTF8.GetBytes(text, _blocks[^1].AsSpan(_free));
        _texts.Add((_blocks.Count - 1, _free, length));
        _free += length;
        return _texts.Count - 1;
    }
}
