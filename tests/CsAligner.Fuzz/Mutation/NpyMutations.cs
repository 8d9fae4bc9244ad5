using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Changes of a .npy header whose length is set anew; at times the data is made to fit it.</summary>
internal sealed partial class NpyMutations(Random random, ByteMutations bytes)
{
    private const int MagicLength = 6;
    private const int MostData = 1 << 15;

    private static readonly string[] Types = ["<f2", "<f4", "<f8", "<i4", "<i8", "|u1", "|b1", ">f2", ">f4", ">f8", ">i4", ">i8"];

    public byte[] Mutate(byte[] part)
    {
        int prefix = part.Length > MagicLength && part[MagicLength] == 1 ? 10 : 12;
        if (part.Length < prefix) return bytes.Mutate(part);
        long length = prefix == 10
            ? BinaryPrimitives.ReadUInt16LittleEndian(part.AsSpan(8))
            : BinaryPrimitives.ReadUInt32LittleEndian(part.AsSpan(8));
        if (length > part.Length - prefix) return bytes.Mutate(part);
        byte[] header = part[prefix..(prefix + (int)length)], data = part[(prefix + (int)length)..], start = part[..prefix];
        header = random.Next(5) switch
        {
            0 => Encoding.Latin1.GetBytes(Type().Replace(Encoding.Latin1.GetString(header), $"'{Types[random.Next(Types.Length)]}'")),
            1 => Encoding.Latin1.GetBytes(Shape().Replace(Encoding.Latin1.GetString(header), _ => RandomShape())),
            2 => Encoding.Latin1.GetBytes(Order().Replace(Encoding.Latin1.GetString(header), random.Next(2) == 0 ? "True" : "False")),
            3 when header.Length > 0 => bytes.ReplaceNumber(header),
            _ => bytes.Mutate(header),
        };
        if (random.Next(2) == 0) Fit(header, ref data);
        if (prefix == 10) BinaryPrimitives.WriteUInt16LittleEndian(start.AsSpan(8), (ushort)header.Length);
        else BinaryPrimitives.WriteUInt32LittleEndian(start.AsSpan(8), (uint)header.Length);
        return [.. start, .. header, .. data];
    }

    private string RandomShape()
    {
        string sizes = string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => $"{(random.Next(6) == 0 ? 0 : random.Next(1, 6))}, "));
        return $"({sizes})";
    }

    private static void Fit(byte[] header, ref byte[] data)
    {
        string text = Encoding.Latin1.GetString(header);
        long length = Type().Match(text) is { Success: true } type ? type.Value[^2] - '0' : 4;
        foreach (Match size in Digits().Matches(Shape().Match(text).Value))
            length = long.TryParse(size.Value, out long value) && value <= MostData
                ? Math.Min(length * value, MostData + 1L)
                : MostData + 1L;
        if (length is >= 0 and <= MostData) Array.Resize(ref data, (int)length);
    }

    [GeneratedRegex("""'[<>|][a-z]\d'""", RegexOptions.None, 1000)]
    private static partial Regex Type();

    [GeneratedRegex("""\([\d, ]*\)""", RegexOptions.None, 1000)]
    private static partial Regex Shape();

    [GeneratedRegex("True|False", RegexOptions.None, 1000)]
    private static partial Regex Order();

    [GeneratedRegex("""\d+""", RegexOptions.None, 1000)]
    private static partial Regex Digits();
}
