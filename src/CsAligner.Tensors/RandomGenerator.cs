using System.Numerics;

namespace CsAligner.Tensors;

/// <summary>
/// The one source of randomness: xoshiro256** (Blackman and Vigna), seeded by splitmix64. It is passed in, never
/// global, and its whole state can be saved and restored. Every method is a function of that state alone, so a
/// restored generator continues with the same bits. Not thread-safe; give each task its own <see cref="Split"/>.
/// </summary>
public sealed class RandomGenerator
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>A generator for a seed; any seed is good, 0 too.</summary>
    public RandomGenerator(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    private RandomGenerator(ReadOnlySpan<ulong> state) => (_s0, _s1, _s2, _s3) = (state[0], state[1], state[2], state[3]);

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-24.</summary>
    public float NextSingle() => (NextUInt64() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in [0, <paramref name="maxExclusive"/>), without bias (Lemire's rejection).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxExclusive"/> is less than 1.</exception>
    public int Next(int maxExclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxExclusive, 1);
        ulong range = (ulong)maxExclusive;
        ulong high = Math.BigMul(NextUInt64(), range, out ulong low);
        if (low < range)
        {
            // 2^64 mod range low values map to one result too many; draw again on those.
            ulong threshold = (0UL - range) % range;
            while (low < threshold)
                high = Math.BigMul(NextUInt64(), range, out low);
        }

        return (int)high;
    }

    /// <summary>
    /// Standard normal, by Box-Muller. The second value of each pair is thrown away, so that there is no spare to
    /// save and every call takes two draws.
    /// </summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
        return radius * Math.Cos(2.0 * Math.PI * NextDouble());
    }

    /// <summary>Puts the values into a uniformly random order (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (int last = values.Length - 1; last > 0; last--)
        {
            int other = Next(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    /// <summary>The whole state: four words, for <see cref="FromState"/>.</summary>
    public ulong[] SaveState() => [_s0, _s1, _s2, _s3];

    /// <summary>A generator that continues where the saved one stood.</summary>
    /// <exception cref="ArgumentException">The state does not have four words, or all are zero.</exception>
    public static RandomGenerator FromState(ReadOnlySpan<ulong> state)
    {
        if (state.Length != 4)
            throw new ArgumentException($"a random state has 4 words, got {state.Length}", nameof(state));
        if (!state.ContainsAnyExcept(0UL))
            throw new ArgumentException("a random state of zeros yields only zeros", nameof(state));
        return new RandomGenerator(state);
    }

    /// <summary>
    /// A separate generator for <paramref name="stream"/>, made from the current state without advancing it: the
    /// same state and stream give the same generator, different streams unrelated ones.
    /// </summary>
    public RandomGenerator Split(ulong stream)
    {
        ulong mixer = stream;
        ulong seed = 0;
        foreach (ulong word in (ReadOnlySpan<ulong>)[_s0, _s1, _s2, _s3])
        {
            mixer ^= word;
            seed = BitOperations.RotateLeft(seed, 17) ^ SplitMix(ref mixer);
        }

        return new RandomGenerator(seed);
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
