using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Studies.Toy;

/// <summary>One toy case: a sample of it, and each quantity estimated from that beside its closed form.</summary>
internal sealed record ToyResult(ToyCase Case, Tensor X, Tensor Y, ToyValue MutualInformation, ToyValue CauchySchwarz, ToyValue SymmetricKl,
    ToyValue CentroidGap)
{
    /// <summary>Pairs drawn of each case.</summary>
    public const int Rows = 4000;

    /// <summary>sigma of the kernel.</summary>
    public const double Bandwidth = 0.5;

    // The fitted Gaussians' covariances are taken as they are, except for rounding.
    private const double Shrinkage = 1e-9;

    /// <summary>The keys of JSON and the headings of tables, in order.</summary>
    private IEnumerable<(string Key, ToyValue Value)> Values =>
    [
        ("mutual_information", MutualInformation), ("cs_divergence_off_diagonal", CauchySchwarz), ("gaussian_kl", SymmetricKl),
        ("centroid_gap", CentroidGap),
    ];

    /// <summary>Draws a sample of a case and measures it.</summary>
    public static ToyResult Of(ToyCase toy, ulong seed)
    {
        (Tensor x, Tensor y) = toy.Modalities.Sample(Rows, new RandomGenerator(seed));
        using var tape = Tape.Inference();
        DistributionMeasures measures = Evaluator.Measure(x, y, BandwidthRule.Fixed(Bandwidth));
        return new ToyResult(
            toy, x, y,
            new ToyValue(JointGaussian.EstimateMutualInformation(x, y), toy.Modalities.MutualInformation),
            new ToyValue(measures.CsDivergenceOffDiagonal!.Value, toy.Modalities.CauchySchwarz(Bandwidth)),
            new ToyValue(tape.GaussianKl(x, y, Shrinkage).Item, toy.Modalities.SymmetricKl),
            new ToyValue(measures.CentroidGap, toy.Modalities.CentroidGap));
    }

    /// <summary>The table as Markdown, with the command that remakes it.</summary>
    public static string Markdown(IReadOnlyList<ToyResult> results, ulong seed)
    {
        var text = new StringBuilder();
        text.AppendLine("# Mutual information against divergence").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"Two Gaussian modalities in two dimensions, {Rows} pairs per case, sigma = {Bandwidth}; estimated from the sample, and in "
                + $"brackets the closed form. Nats.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Remade by `csalign toy --out DIR --seed {seed}`.").AppendLine()
            .AppendLine("![Three pairs of clouds](toy.svg)").AppendLine();
        text.AppendLine("| case | mutual information | D_CS, off-diagonal | KL, mean of both ways | centroid gap | what it shows |");
        text.AppendLine("|---|---:|---:|---:|---:|---|");
        foreach (ToyResult result in results)
        {
            string cells =
                string.Join(" | ",
                    result.Values.Select(value =>
                        string.Create(CultureInfo.InvariantCulture, $"{value.Value.Estimate:0.000} ({value.Value.Exact:0.000})")));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {result.Case.Name} | {cells} | {result.Case.Shows} |");
        }

        return text.AppendLine()
            .AppendLine("Mutual information is the same in all three cases: it cannot distinguish modalities that lie apart from "
                + "modalities that coincide.")
            .ToString();
    }

    /// <summary>Writes one case as an object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("case", Case.Name);
        foreach ((string key, ToyValue value) in Values)
        {
            writer.WriteNumber(key, value.Estimate);
            writer.WriteNumber(key + "_closed_form", value.Exact);
        }

        writer.WriteEndObject();
    }
}
