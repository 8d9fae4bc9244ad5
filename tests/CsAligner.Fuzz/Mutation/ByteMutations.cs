using System.Buffers.Binary;
using System.Text;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Changes that know nothing of a format but a few of its words.</summary>
internal sealed class ByteMutations(Random random, string[] words)
{
    // The edges of what readers compute with.
    private static readonly long[] Edges =
        [0, 1, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue - 1, int.MaxValue, 1L + int.MaxValue, uint.MaxValue,
            1L + uint.MaxValue, 100_000_000, long.MaxValue, long.MinValue, -1];

    /// <summary>Numbers as text, for whoever writes them so.</summary>
    public static IReadOnlyList<string> Numbers { get; } =
    [
        "0", "-0", "1", "-1", "2", "3", "7", "255", "256", "4096", "65536", "1048576", "1048577", "2147483647", "2147483648", "4294967295",
        "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551616", "1e400", "-1e400", "1e-400", "1.5", "0.1", "3e38", "1e39", "01", "+1", ".5", "1.", "0x10", "NaN",
        "Infinity", new('9', 400),
    ];

    public byte[] Mutate(byte[] part)
    {
        if (part.Length == 0) return Insert(part, Piece());
        int at = random.Next(part.Length);
        return random.Next(12) switch
        {
            0 => With(part, at, (byte)(part[at] ^ (1 << random.Next(8)))),
            1 => With(part, at, (byte)random.Next(256)),
            2 => With(part, at, (byte)(part[at] + random.Next(-16, 17))),
            3 => Overwrite(part, at, Integer()),
            4 => Insert(part, Piece()),
            5 => Overwrite(part, at, Piece()),
            6 => Remove(part, at, Length(part.Length - at)),
            7 => Copy(part, at, Length(part.Length - at)),
            8 => part[..at],
            9 => Insert(part, Encoding.UTF8.GetBytes(Word())),
            10 => Overwrite(part, at, Encoding.UTF8.GetBytes(Word())),
            _ => ReplaceNumber(part),
        };
    }

    /// <summary>The beginning of one, the end of another.</summary>
    public byte[] Splice(byte[] part, byte[] other) =>
        [.. part.AsSpan(0, random.Next(part.Length + 1)), .. other.AsSpan(random.Next(other.Length + 1))];

    /// <summary>A word of the format, or a number.</summary>
    public string Word() =>
        words.Length == 0 || random.Next(4) == 0 ? Numbers[random.Next(Numbers.Count)] : words[random.Next(words.Length)];

    /// <summary>Puts an edge in place of a number that stands there as text.</summary>
    public byte[] ReplaceNumber(byte[] part)
    {
        int start = random.Next(part.Length);
        while (start < part.Length && !char.IsAsciiDigit((char)part[start])) start++;
        int end = start;
        while (end < part.Length && char.IsAsciiDigit((char)part[end])) end++;
        string number = random.Next(3) == 0 && end > start && end - start < 18
            ? (long.Parse(Encoding.ASCII.GetString(part, start, end - start)) + random.Next(-2, 3)).ToString()
            : Numbers[random.Next(Numbers.Count)];
        return [.. part.AsSpan(0, start), .. Encoding.ASCII.GetBytes(number), .. part.AsSpan(end)];
    }

    private byte[] Integer()
    {
        byte[] bytes = new byte[8];
        long value = Edges[random.Next(Edges.Length)] + random.Next(-1, 2);
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        else BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        int length = 1 << random.Next(4);
        return BitConverter.IsLittleEndian ? bytes[..length] : bytes[^length..];
    }

    private byte[] Piece()
    {
        byte[] bytes = new byte[1 + random.Next(16)];
        if (random.Next(2) == 0) random.NextBytes(bytes);
        else Array.Fill(bytes, (byte)random.Next(256));
        return bytes;
    }

    private int Length(int most) => Math.Min(most, random.Next(4) == 0 ? 1 + random.Next(most) : 1 + random.Next(16));

    private byte[] Insert(byte[] part, byte[] piece)
    {
        int at = random.Next(part.Length + 1);
        return [.. part.AsSpan(0, at), .. piece, .. part.AsSpan(at)];
    }

    private static byte[] With(byte[] part, int at, byte value)
    {
        byte[] changed = [.. part];
        changed[at] = value;
        return changed;
    }

    private static byte[] Overwrite(byte[] part, int at, byte[] piece) =>
        [.. part.AsSpan(0, at), .. piece, .. part.AsSpan(Math.Min(part.Length, at + piece.Length))];

    private static byte[] Remove(byte[] part, int at, int length) => [.. part.AsSpan(0, at), .. part.AsSpan(at + length)];

    private byte[] Copy(byte[] part, int at, int length)
    {
        int to = random.Next(part.Length + 1), times = random.Next(8) == 0 ? random.Next(64) : 1;
        var copy = new List<byte>(part.Length + (length * times));
        copy.AddRange(part.AsSpan(0, to));
        for (int i = 0; i < times; i++) copy.AddRange(part.AsSpan(at, length));
        copy.AddRange(part.AsSpan(to));
        return [.. copy];
    }
}
