using System.Globalization;
using System.Text;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>Writes tar archives byte by byte, also such as no sound program writes.</summary>
internal sealed class TarBuilder
{
    private readonly List<byte> _tar = [];

    public TarBuilder Add(string name, ReadOnlySpan<byte> data, char type = '0', long? statedSize = null, string link = "") =>
        Add(Encoding.UTF8.GetBytes(name), data, type, statedSize, link);

    public TarBuilder Add(string name, string text) => Add(name, Encoding.UTF8.GetBytes(text));

    public TarBuilder Add(byte[] name, ReadOnlySpan<byte> data, char type = '0', long? statedSize = null, string link = "")
    {
        byte[] header = new byte[512];
        name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(header);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        Octal(statedSize ?? data.Length, 11).CopyTo(header, 124);
        Octal(0, 11).CopyTo(header, 136);
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes(link).CopyTo(header, 157);
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header.Sum(b => (long)b), 6).CopyTo(header, 148);
        header[154] = 0;
        _tar.AddRange(header);
        _tar.AddRange(data);
        _tar.AddRange(new byte[(512 - (data.Length % 512)) % 512]);
        return this;
    }

    /// <summary>A PAX header for the next member.</summary>
    public TarBuilder Pax(params (string Key, string Value)[] records)
    {
        var text = new StringBuilder();
        foreach ((string key, string value) in records)
        {
            int rest = Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value) + 3, length = rest + 1;
            while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length) length++;
            text.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
        }

        return Add("PaxHeader/x", Encoding.UTF8.GetBytes(text.ToString()), 'x');
    }

    /// <summary>A long name of GNU tar for the next member.</summary>
    public TarBuilder LongName(string name) => Add("././@LongLink", Encoding.UTF8.GetBytes(name + "\0"), 'L');

    public byte[] ToArray() => [.. _tar, .. new byte[1024]];

    private static byte[] Octal(long value, int digits) => Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(digits, '0'));
}
