using System.Numerics.Tensors;
using CsAligner.Adapters;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Data.FeatureSets;

/// <summary>
/// The tokens of one modality of a feature set: <c>img_tokens/img_tokens_N.npy</c>, all tokens of a shard packed one below the
/// other, and beside each <c>img_lengths_N.npy</c>, how many of them each row has (<c>text_…</c> for texts). Mapped into memory:
/// rows that are not read cost no memory. Reading is thread-safe.
/// </summary>
public sealed class TokenSet : ITokenSource, IDisposable
{
    private readonly List<Shard> _shards = [];

    // The first row of each shard, and of none behind the last.
    private readonly List<int> _firstRows = [0];

    private TokenSet(string folder, Modality modality)
    {
        try
        {
            string place = FeatureSetLayout.TokensPrefix(modality), kind = FeatureSetLayout.Prefix(modality);
            var tokens = FeatureSetLayout.Numbered(folder, place, ".npy");
            var lengths = FeatureSetLayout.NumberedLengths(folder, modality);
            if (tokens.Count == 0)
                throw new InputException($"cannot read tokens of '{folder}': it has no {place}/{place}_N.npy; embed again with tokens");
            FeatureSetLayout.RequireSameNumbers(folder, place, tokens, FeatureSetLayout.LengthsPrefix(modality), lengths);
            _ = FeatureSet.Open(folder);
            var features = FeatureSetLayout.Numbered(folder, kind, ".npy");
            FeatureSetLayout.RequireSameNumbers(folder, place, tokens, kind, features);
            foreach ((long number, string path) in tokens)
            {
                var shard = Shard.Open(path, lengths[number], features[number]);
                _shards.Add(shard);
                if (shard.Width != _shards[0].Width)
                    throw new InputException($"cannot read '{path}': its tokens have {shard.Width} values, those of "
                        + $"'{tokens.Values.First()}' have {_shards[0].Width}; all shards of a set must have the same width: embed again "
                        + "with tokens");
                _firstRows.Add(checked(_firstRows[^1] + shard.Rows));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Count => _firstRows[^1];

    /// <inheritdoc/>
    public int Width => _shards[0].Width;

    /// <summary>Opens the tokens of a feature set and checks all but the values.</summary>
    /// <param name="folder">A feature-set folder embedded with tokens.</param>
    /// <param name="modality">Image or text.</param>
    /// <exception cref="InputException">There are none, or tokens, lengths and feature rows do not fit each other;
    /// the file is named.</exception>
    public static TokenSet Open(string folder, Modality modality)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new TokenSet(folder, modality);
    }

    /// <inheritdoc/>
    public int Length(int row)
    {
        Shard shard = Find(row, out int local);
        return shard.Length(local);
    }

    /// <summary>Reads the tokens of a row, each scaled to length 1 again: float16 has rounded them.</summary>
    /// <param name="row">0 to <see cref="Count"/> - 1.</param>
    /// <param name="tokens">Filled: Length(row) * <see cref="Width"/> values.</param>
    /// <exception cref="InputException">A token is not finite or has no direction; file and row are named.</exception>
    public void Read(int row, Span<float> tokens)
    {
        Shard shard = Find(row, out int local);
        shard.Read(local, tokens);
    }

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        foreach (Shard shard in _shards)
            shard.Dispose();
    }

    private Shard Find(int row, out int local)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        int at = _firstRows.BinarySearch(row);
        // Shards without rows share their first row with the next one; take the last of them.
        at = at < 0 ? ~at - 1 : at;
        while (_firstRows[at + 1] <= row)
            at++;
        local = row - _firstRows[at];
        return _shards[at];
    }

    /// <summary>One pair of files.</summary>
    private sealed class Shard : IDisposable
    {
        private readonly MemoryMappedNpy _tokens;
        private readonly long[] _offsets;

        private Shard(MemoryMappedNpy tokens, long[] offsets) => (_tokens, _offsets) = (tokens, offsets);

        public int Rows => _offsets.Length - 1;

        public int Width => (int)_tokens.RowLength;

        public static Shard Open(string tokensPath, string lengthsPath, string featuresPath)
        {
            MemoryMappedNpy tokens = MemoryMappedNpy.Open(tokensPath);
            try
            {
                if (tokens.Shape.Length != 2 || tokens.RowLength is < 1 or > int.MaxValue)
                    throw new InputException($"cannot read '{tokensPath}': expected a matrix [tokens, width], got "
                        + $"{tokens.ElementType} [{string.Join(", ", tokens.Shape.ToArray())}]; embed again with tokens");
                return new Shard(tokens, ReadOffsets(lengthsPath, featuresPath, tokens));
            }
            catch
            {
                tokens.Dispose();
                throw;
            }
        }

        public int Length(int row) => (int)(_offsets[row + 1] - _offsets[row]);

        public void Read(int row, Span<float> tokens)
        {
            int width = Width;
            if (tokens.Length != (long)Length(row) * width)
                throw new ArgumentException($"the row has {Length(row)} tokens of {width} values, the span holds {tokens.Length}.",
                    nameof(tokens));
            _tokens.ReadRows(_offsets[row], tokens);
            for (int t = 0; t < tokens.Length / width; t++)
            {
                Span<float> token = tokens.Slice(t * width, width);
                float norm = TensorPrimitives.Norm<float>(token);
                if (!float.IsFinite(norm) || norm == 0)
                {
                    string problem = norm == 0 ? "is all zeros and has no direction" : "holds NaN or infinity";
                    throw new InputException($"cannot use '{_tokens.Path}': token {t} of row {row} (line {_offsets[row] + t} of the "
                        + $"file) {problem}; expected finite tokens: embed again with tokens");
                }

                TensorPrimitives.Divide(token, norm, token);
            }
        }

        public void Dispose() => _tokens.Dispose();

        private static long[] ReadOffsets(string path, string featuresPath, MemoryMappedNpy tokens)
        {
            using NpyReader lengths = NpyReader.Open(path);
            if (lengths.Shape.Length != 1)
                throw new InputException($"cannot read '{path}': expected a list [rows] of whole numbers, got "
                    + $"{lengths.ElementType} [{string.Join(", ", lengths.Shape.ToArray())}]; embed again with tokens");
            using (NpyReader features = NpyReader.Open(featuresPath))
            {
                if (features.Rows != lengths.Rows)
                    throw new InputException($"cannot read '{path}': it has the lengths of {lengths.Rows} rows, '{featuresPath}' "
                        + $"has {features.Rows} rows; the numbers must be equal: embed again with tokens");
            }

            var counts = new long[lengths.Rows];
            lengths.ReadRows(0, counts.AsSpan());
            var offsets = new long[counts.Length + 1];
            for (int row = 0; row < counts.Length; row++)
            {
                if (counts[row] < 1 || counts[row] > tokens.Rows)
                    throw new InputException($"cannot read '{path}': row {row} has {counts[row]} tokens; expected 1 to the "
                        + $"{tokens.Rows} of '{tokens.Path}': embed again with tokens");
                offsets[row + 1] = offsets[row] + counts[row];
            }

            if (offsets[^1] != tokens.Rows)
                throw new InputException($"cannot read '{path}': its lengths add up to {offsets[^1]} tokens, '{tokens.Path}' "
                    + $"has {tokens.Rows}; the numbers must be equal: embed again with tokens");
            return offsets;
        }
    }
}
