using System.Numerics;
using System.Runtime.InteropServices;

namespace CsAligner.Fuzz.Coverage;

/// <summary>What all inputs so far have covered: for each step between blocks how often, in eight classes.</summary>
internal sealed class CoverageProgress
{
    private readonly byte[] _seen = new byte[CoverageMap.Size];

    /// <summary>How many steps have been seen.</summary>
    public int Steps { get; private set; }

    /// <summary>Adds what the last input covered; true when some of it is new.</summary>
    public bool Add()
    {
        bool any = false;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(CoverageMap.Counts);
        for (int word = 0; word < words.Length; word++)
        {
            if (words[word] == 0) continue;
            for (int i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++)
            {
                // 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more: loops that run a little longer are nothing new.
                int count = CoverageMap.Counts[i];
                if (count == 0) continue;
                int kind = count <= 3 ? count - 1 : Math.Min(BitOperations.Log2((uint)count) + 1, 7);
                if ((_seen[i] & (1 << kind)) != 0) continue;
                Steps += _seen[i] == 0 ? 1 : 0;
                _seen[i] |= (byte)(1 << kind);
                any = true;
            }
        }

        return any;
    }
}
