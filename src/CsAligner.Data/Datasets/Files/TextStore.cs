using System.Text;

namespace CsAligner.Data.Datasets.Files;

/// <summary>Many short texts in little memory: their UTF-8 bytes in large blocks, each behind its length,
/// and 8 bytes for where it is.</summary>
internal sealed class TextStore
{
    private const int Shift = 20;
    private const int BlockBytes = 1 << Shift;

    // A length has 7 bits in a byte, the last byte below 128.
    private const int MaxLengthBytes = 5;

    private readonly List<byte[]> _blocks = [];
    private readonly ChunkedList<long> _places = new();
    private int _free;

    public int Count => _places.Count;

    public string this[int index] => Encoding.UTF8.GetString(Bytes(index));

    /// <summary>The UTF-8 bytes of a text.</summary>
    public ReadOnlySpan<byte> Bytes(int index)
    {
        long place = _places[index];
        byte[] block = _blocks[(int)(place >> Shift)];
        int at = (int)(place & (BlockBytes - 1)), length = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = block[at++];
            length |= (part & 0x7F) << shift;
            if (part < 0x80) return block.AsSpan(at, length);
        }
    }

    public int Add(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        if (_blocks.Count == 0 || _blocks[^1].Length - _free < length + MaxLengthBytes)
        {
            // A text larger than a block gets its own block.
            _blocks.Add(new byte[Math.Max(BlockBytes, length + MaxLengthBytes)]);
            _free = 0;
        }

        byte[] block = _blocks[^1];
        _places.Add(((long)(_blocks.Count - 1) << Shift) | (uint)_free);
        int rest = length;
        for (; rest >= 0x80; rest >>= 7) block[_free++] = (byte)(rest | 0x80);
        block[_free++] = (byte)rest;
        Encoding.UTF8.GetBytes(text, block.AsSpan(_free));
        _free += length;
        return _places.Count - 1;
    }
}
