using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Changes of a safetensors header whose length is set anew; at times the data is made to fit it.</summary>
internal sealed partial class SafeTensorsMutations(Random random, string[] words)
{
    private const int MostData = 1 << 15;

    public byte[] Mutate(byte[] part, byte[] other)
    {
        if (!TrySplit(part, out byte[] header, out byte[] data)) return new ByteMutations(random, words).Mutate(part);
        byte[] changed = new JsonMutations(random, words).Mutate(header, TrySplit(other, out byte[] lent, out _) ? lent : header);
        if (random.Next(2) == 0) data = Fit(changed, data);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)changed.Length);
        return [.. length, .. changed, .. data];
    }

    private static bool TrySplit(byte[] part, out byte[] header, out byte[] data)
    {
        ulong length = part.Length < 8 ? ulong.MaxValue : BinaryPrimitives.ReadUInt64LittleEndian(part);
        bool whole = length <= (ulong)Math.Max(0, part.Length - 8);
        (header, data) = whole ? (part[8..(8 + (int)length)], part[(8 + (int)length)..]) : ([], []);
        return whole;
    }

    // As many bytes as the offsets reach to.
    private static byte[] Fit(byte[] header, byte[] data)
    {
        long end = 0;
        foreach (Match match in Offsets().Matches(Encoding.UTF8.GetString(header)))
            end = Math.Max(end, long.TryParse(match.Groups[1].Value, out long value) ? value : 0);
        if (end > MostData) return data;
        Array.Resize(ref data, (int)end);
        return data;
    }

    [GeneratedRegex("""data_offsets"\s*:\s*\[\s*\d+\s*,\s*(\d+)\s*\]""", RegexOptions.None, 1000)]
    private static partial Regex Offsets();
}
