using System.Numerics;
using System.Runtime.InteropServices;

namespace CsAligner.Search.Embedded;

/// <summary>CRC-32C of a row's bytes: whether the file still holds what was written.</summary>
internal static class VectorChecksum
{
    public static long Of(ReadOnlySpan<Half> row)
    {
        uint sum = 0xFFFFFFFF;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(row);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) sum = BitOperations.Crc32C(sum, word);
        foreach (byte value in bytes[(8 * words.Length)..]) sum = BitOperations.Crc32C(sum, value);
        return ~sum;
    }
}
