using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CsAligner.Data.Pictures;

/// <summary>Deals out families of pictures to parts by a hash of their names alone, so that every run and machine agrees.</summary>
internal static class PictureParts
{
    // Another text gives other parts.
    private const string Seed = "csaligner picture parts 1\n";

    private const double Train = 0.7, Validation = 0.1;

    /// <summary>The names of the parts.</summary>
    public static IReadOnlyList<string> Names { get; } = ["train", "validation", "test"];

    /// <summary>The part of a family: train, validation or test.</summary>
    public static PicturePart Of(string family)
    {
        double place = Hash(family) / 18446744073709551616.0;
        return place < Train ? PicturePart.Train : place < Train + Validation ? PicturePart.Validation : PicturePart.Test;
    }

    /// <summary>A number that depends on the text alone.</summary>
    public static ulong Hash(string text) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Seed + text)));
}
