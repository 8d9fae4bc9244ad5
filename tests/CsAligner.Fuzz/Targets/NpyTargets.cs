using System.Text;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Fuzz.Targets;

/// <summary>.npy: whole, by rows, mapped, as features, as pairs; and the packed tokens of a feature set.</summary>
internal static class NpyTargets
{
    private const string Name = "x.npy";

    private static readonly string[] TokenFiles = ["img_emb/img_emb_0.npy", "img_tokens/img_tokens_0.npy", "img_tokens/img_lengths_0.npy"];

    public static FuzzTarget File { get; } = new()
    {
        Name = "npy",
        Files = [Name],
        Run = folder => Read(Path.Combine(folder, Name)),
        Words = ["'descr'", "'fortran_order'", "'shape'", "'<f4'", "'>f8'", "'|O'", "'|u1'", "[('a', '<f4')]", "(3, 4)", "()", "(0,)",
            "(1,)", "True", "False", "10L", ", }", "\\", "\""],
        Seeds = () =>
        [
            [Make("<f4", "(3, 4)", 48)], [Make("<f2", "(5,)", 10)], [Make(">f8", "(2, 2)", 32, fortran: true)], [Make("<i8", "(4,)", 32)],
            [Make("<i4", "()", 4)], [Make("|u1", "(2, 3, 4)", 24, fortran: true)],
            [Make("|b1", "(0, 3)", 0)], [Make("<f4", "(1, 2)", 8, version: 2)], [Make("<f8", "(2, 3)", 48, version: 3)],
            [Make("<f4", "(3, 0)", 0)],
        ],
    };

    public static FuzzTarget Tokens { get; } = new()
    {
        Name = "npy-tokens",
        Files = TokenFiles,
        Run = folder =>
        {
            using var tokens = TokenSet.Open(folder, Modality.Image);
            for (int row = 0; row < tokens.Count; row++) tokens.Read(row, new float[tokens.Length(row) * tokens.Width]);
        },
        Seeds = () => [[Make("<f2", "(2, 3)", 12), Make("<f2", "(5, 3)", 30), [.. Make("<i4", "(2,)", 0), 2, 0, 0, 0, 3, 0, 0, 0]]],
    };

    private static void Read(string path)
    {
        Tensor values = Npy.ReadTensor(path);
        using (NpyReader reader = NpyReader.Open(path))
        {
            FuzzTarget.Require(reader.Rows * reader.RowLength == values.Length, "the rows are all of the values");
            if (reader.Rows > 1 && reader.RowLength > 0)
            {
                float[] last = new float[reader.RowLength];
                reader.ReadRows(reader.Rows - 1, last.AsSpan());
                FuzzTarget.Require(Same(values.Span[^last.Length..], last), "a row is the same by itself");
            }
        }

        float[] singles = [.. Npy.ReadDoubles(path, out _).Select(value => (float)value)];
        FuzzTarget.Require(singles.Length == values.Length, "as many values in float64");
        Each(
            () =>
            {
                using MemoryMappedNpy map = MemoryMappedNpy.Open(path);
                float[] mapped = new float[values.Length];
                if (map.RowLength > 0) map.ReadRows(0, mapped);
                FuzzTarget.Require(Same(values.Span, mapped), "the same values when mapped");
            },
            () => FuzzTarget.Require(Npy.ReadInt64(path).Length == values.Length, "as many integers"),
            () =>
            {
                Tensor rows = FeatureFile.ReadRows(path, Modality.Image);
                foreach (float value in rows.Span) FuzzTarget.Require(float.IsFinite(value), "features are finite");
            });
    }

    // Each may refuse what the others read; the last refusal is the outcome.
    private static void Each(params Action[] readers)
    {
        InputException? refused = null;
        foreach (Action reader in readers)
        {
            try
            {
                reader();
            }
            catch (InputException failure)
            {
                refused = failure;
            }
        }

        if (refused is not null) throw refused;
    }

    private static bool Same(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        for (int i = 0; i < x.Length; i++)
            if (BitConverter.SingleToInt32Bits(x[i]) != BitConverter.SingleToInt32Bits(y[i])) return false;
        return x.Length == y.Length;
    }

    private static byte[] Make(string type, string shape, int bytes, bool fortran = false, byte version = 1)
    {
        byte[] header =
            Encoding.Latin1.GetBytes($"{{'descr': '{type}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)header.Length) : BitConverter.GetBytes(header.Length);
        // Values that are finite, not zero and not all the same.
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. header,
            .. Enumerable.Range(0, bytes).Select(i => (byte)(i % 2 == 0 ? 0x10 + i : 0x3C))];
    }
}
