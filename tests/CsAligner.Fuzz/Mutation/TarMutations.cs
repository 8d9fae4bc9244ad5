using System.Buffers.Binary;
using System.Text;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Changes of tar headers whose checksums are set anew, and of the order of blocks.</summary>
internal sealed class TarMutations(Random random, string[] words)
{
    private const int Block = 512;

    // Start and length of what a header holds: name, mode, owners, size, time, type, link, magic, names of owners, device, prefix.
    private static readonly (int Start, int Length)[] Fields =
        [(0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (156, 1), (157, 100), (257, 8), (265, 32), (297, 32), (329, 8),
            (337, 8), (345, 155)];

    private static readonly string[] Names =
    [
        "package/a", "../x", "package/../../x", "/etc/x", "package//x", "package/./x", "package/a\\b", "c:/x", "package/x/", "", ".", "..",
        "package/" + new string('a', 90), "package/a/b/c.json", "a.jpg", "a.txt", "b.png", "a.json",
    ];

    public byte[] Mutate(byte[] part)
    {
        int blocks = part.Length / Block;
        if (blocks == 0) return new ByteMutations(random, words).Mutate(part);
        byte[] changed = [.. part];
        int at = random.Next(blocks) * Block;
        switch (random.Next(8))
        {
            case 0:
                return [.. changed[..at], .. changed[(random.Next(blocks) * Block)..]];
            case 1:
                int from = random.Next(blocks) * Block;
                return [.. changed[..at], .. changed[from..(from + Block)], .. changed[at..]];
            case 2:
                return changed[..(at + random.Next(Block))];
            default:
                Change(changed.AsSpan(at, Block));
                return changed;
        }
    }

    private void Change(Span<byte> header)
    {
        var (start, length) = Fields[random.Next(Fields.Length)];
        Span<byte> field = header.Slice(start, length);
        byte[] value = start switch
        {
            0 or 157 or 345 => Encoding.UTF8.GetBytes(Names[random.Next(Names.Length)]),
            124 when random.Next(3) == 0 => [0x80, 0, 0, 0, .. Big(random.Next(2) == 0 ? long.MaxValue : random.NextInt64(1 << 20))],
            156 => [(byte)"\0001234567xgLKSVDMNA"[random.Next(20)]],
            257 => random.Next(2) == 0 ? "ustar\000"u8.ToArray() : "ustar  \0"u8.ToArray(),
            _ => random.Next(2) == 0
                ? Encoding.ASCII.GetBytes(Convert.ToString(random.NextInt64(1L << random.Next(1, 40)), 8))
                : new ByteMutations(random, words).Mutate(field.ToArray()),
        };
        field.Clear();
        value.AsSpan(0, Math.Min(value.Length, length)).CopyTo(field);
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header) sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
    }

    private static byte[] Big(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
