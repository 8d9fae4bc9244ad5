using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Adapters;

/// <summary>The frozen features of samples, and their tokens if there are any; several sets of them, numbered through.</summary>
internal sealed class SampleFeatures
{
    private readonly (Tensor Rows, ITokenSource? Tokens, int Count, Func<int, int>? PlaceOf)[] _sets;
    private readonly int[] _firsts;

    /// <param name="sets">Features [R, D], and of each row its tokens; at least one set, all of one width.</param>
    public SampleFeatures(params (Tensor Rows, ITokenSource? Tokens)[] sets)
        : this([.. sets.Select(set => (set.Rows, set.Tokens, set.Rows.Rows, (Func<int, int>?)null))])
    {
    }

    /// <param name="sets">Features, tokens of each row, how many rows there are and, where not all of them are here, which of those that
    /// are has a row's features.</param>
    public SampleFeatures(params (Tensor Rows, ITokenSource? Tokens, int Count, Func<int, int>? PlaceOf)[] sets)
    {
        _sets = sets;
        _firsts = new int[sets.Length + 1];
        for (int i = 0; i < sets.Length; i++) _firsts[i + 1] = checked(_firsts[i] + sets[i].Count);
    }

    public int Width => _sets[0].Rows.Width;

    /// <summary>How many samples there are.</summary>
    public int Count => _firsts[^1];

    /// <summary>The first sample of a set.</summary>
    public int First(int set) => _firsts[set];

    /// <summary>How many tokens a sample has; 0 where its set has none.</summary>
    public int TokenCount(int sample)
    {
        var (set, row) = Find(sample);
        return _sets[set].Tokens?.Length(row) ?? 0;
    }

    /// <summary>One row below the other: of each sample its feature and, where <paramref name="tokens"/>, its tokens.</summary>
    public Tensor Read(Tape tape, ReadOnlySpan<int> samples, int rows, bool tokens)
    {
        int width = Width, at = 0;
        var x = tape.Rent([rows, width]);
        foreach (int sample in samples)
        {
            var (set, row) = Find(sample);
            var (features, source, _, placeOf) = _sets[set];
            features.Span.Slice((placeOf?.Invoke(row) ?? row) * width, width).CopyTo(x.Span[at..]);
            at += width;
            if (!tokens || source == null) continue;
            int length = source.Length(row) * width;
            source.Read(row, x.Span.Slice(at, length));
            at += length;
        }

        return x;
    }

    private (int Set, int Row) Find(int sample)
    {
        int set = 0;
        while (sample >= _firsts[set + 1]) set++;
        return (set, sample - _firsts[set]);
    }
}
