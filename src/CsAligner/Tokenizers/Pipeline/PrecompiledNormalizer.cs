using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// "Precompiled": a table of SentencePiece, from characters to what takes their place: a double-array tree over UTF-8 bytes and
/// the texts its leaves point to. As in Hugging Face's reading of it, what a reader sees as one character (a letter and its marks)
/// is looked up first, and the shortest beginning that the tree holds counts.
/// </summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    // Longer clusters are looked up character by character.
    private const int LongestCluster = 5;

    private readonly uint[] _units;
    private readonly byte[] _texts;
    private readonly string?[] _ascii;

    private PrecompiledNormalizer(uint[] units, byte[] texts)
    {
        (_units, _texts) = (units, texts);
        _ascii = [.. Enumerable.Range(0, 128).Select(character => Find([(byte)character]))];
    }

    public static PrecompiledNormalizer Read(JsonView json)
    {
        JsonView map = json.Required("precompiled_charsmap");
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(map.Text());
        }
        catch (FormatException problem)
        {
            throw map.Malformed("expected Base64", problem);
        }

        if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var size && (size > bytes.Length - 4 || size % 4 != 0))
            throw map.Malformed("the tree is longer than the table");
        int treeBytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var units = new uint[treeBytes / 4];
        for (int i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)));
        return new PrecompiledNormalizer(units, bytes[(4 + treeBytes)..]);
    }

    public string Normalize(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length;)
        {
            // Two characters of ASCII never belong together, except the two that end a line.
            if (text[i] < 128 && (i + 1 == text.Length || (text[i + 1] < 128 && text[i] != '\r')))
            {
                if (_ascii[text[i]] is { } other)
                    TextBudget.RequireLength(result.Append(other).Length);
                else
                    result.Append(text[i]);
                i++;
                continue;
            }

            ReadOnlySpan<char> cluster = text.AsSpan(i, StringInfo.GetNextTextElementLength(text.AsSpan(i)));
            i += cluster.Length;
            if (Encoding.UTF8.GetByteCount(cluster) <= LongestCluster && Find(cluster) is { } whole)
                TextBudget.RequireLength(result.Append(whole).Length);
            else
                AppendEach(cluster, result);
        }

        return result.ToString();
    }

    private void AppendEach(ReadOnlySpan<char> cluster, StringBuilder result)
    {
        for (int i = 0, width; i < cluster.Length; i += width)
        {
            Rune.DecodeFromUtf16(cluster[i..], out _, out width);
            ReadOnlySpan<char> character = cluster.Slice(i, width);
            if (Find(character) is { } other)
                TextBudget.RequireLength(result.Append(other).Length);
            else
                result.Append(character);
        }
    }

    private string? Find(ReadOnlySpan<char> characters)
    {
        Span<byte> bytes = stackalloc byte[16];
        return Find(bytes[..Encoding.UTF8.GetBytes(characters, bytes)]);
    }

    // A unit: bits 0 to 7 a label, 8 whether a leaf follows, 9 a scale, 10 and up an offset; a leaf: 31 bits of a value.
    private string? Find(ReadOnlySpan<byte> key)
    {
        if (_units.Length == 0)
            return null;
        uint place = OffsetOf(_units[0]);
        foreach (byte value in key)
        {
            place ^= value;
            if (value == 0 || place >= _units.Length || (_units[place] & 0x800000FF) != value)
                return null;
            uint unit = _units[place];
            place ^= OffsetOf(unit);
            if ((unit & 0x100) != 0)
                return place < _units.Length ? TextAt((int)(_units[place] & 0x7FFFFFFF)) : null;
        }

        return null;
    }

    private static uint OffsetOf(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private string? TextAt(int start)
    {
        if (start >= _texts.Length)
            return null;
        ReadOnlySpan<byte> rest = _texts.AsSpan(start);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
