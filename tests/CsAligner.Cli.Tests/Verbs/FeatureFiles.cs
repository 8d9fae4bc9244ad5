using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>Small feature files for the verbs.</summary>
internal static class FeatureFiles
{
    /// <summary>Normal rows around a centre; the values are exact in float32.</summary>
    public static double[][] Cloud(ulong seed, int rows, int width, double centre)
    {
        var random = new RandomGenerator(seed);
        return [.. Enumerable.Range(0, rows)
            .Select(_ => Enumerable.Range(0, width).Select(_ => (double)(float)(random.NextNormal() + centre)).ToArray())];
    }

    /// <summary>A noisy copy of rows, as a second modality with its own centre.</summary>
    public static double[][] Partner(ulong seed, double[][] rows, double noise, double shift)
    {
        var random = new RandomGenerator(seed);
        return [.. rows.Select(row => row.Select(value => (double)(float)(value + (noise * random.NextNormal()) + shift)).ToArray())];
    }

    public static string Save(TemporaryFolder folder, string name, double[][] rows)
    {
        Npy.Write(folder[name],
            Tensor.From(rows.SelectMany(row => row).Select(value => (float)value).ToArray(), rows.Length, rows[0].Length));
        return folder[name];
    }
}
