using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Tests.Evaluation;

public class EvaluatorTests
{
    private static readonly JsonArray Cases =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "evaluation.json")))!["cases"]!.AsArray();

    public static TheoryData<string> Names => [.. Cases.Select(c => (string)c!["name"]!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_measure_is_the_golden_one(string name)
    {
        var golden = Cases.Single(c => (string)c!["name"]! == name)!;
        Tensor x = Rows(golden["x"]!, (int)golden["width"]!), y = Rows(golden["y"]!, (int)golden["width"]!);
        var rule = BandwidthRule.Parse((string)golden["rule"]!);
        var expected = golden["values"]!.AsObject();
        var pairing = golden["pairs"] is JsonArray pairs ? Pairing.From([.. pairs.Select(p => (long)p!)], x.Rows, y.Rows) : null;
        var actual = Json(writer =>
        {
            if (pairing == null) Evaluator.Measure(x, y, rule).WriteJson(writer);
            else Evaluator.Evaluate(x, y, rule, 0, pairing).WriteJson(writer);
        });
        Compare(expected, actual, name);
    }

    [Fact]
    public void Keys_are_those_of_the_contract_and_what_has_no_meaning_is_null()
    {
        var measures =
            Json(w => Evaluator.Measure(new Tensor(1, 3), Tensor.From([1f, 0, 0, 0, 1, 0], 2, 3), BandwidthRule.Fixed(1)).WriteJson(w));
        string[] keys =
        [
            "rows_x", "rows_y", "dim", "bandwidth", "cs_divergence", "cs_divergence_off_diagonal", "mmd", "frechet", "centroid_gap",
            "alignment", "uniformity_x", "uniformity_y", "mean_cosine_pairs", "mean_cosine_others",
        ];
        Assert.Equal(keys, measures.Select(p => p.Key));
        Assert.Equal(
            ["cs_divergence_off_diagonal", "frechet", "alignment", "uniformity_x", "mean_cosine_pairs", "mean_cosine_others"],
            measures.Where(p => p.Value == null).Select(p => p.Key));
    }

    [Fact]
    public void Ranks_are_those_of_a_full_sort_in_float64_whatever_the_size()
    {
        const int Queries = 300, Candidates = 2100, Width = 33;
        var random = new RandomGenerator(3);
        Tensor queries = Tensor.Normal(random, 1, Queries, Width), candidates = Tensor.Normal(random, 1, Candidates, Width);
        for (int c = 0; c < Candidates; c += 7) candidates.Span[..Width].CopyTo(candidates.Span[(c * Width)..]);
        int[][] answers = [.. Enumerable.Range(0, Queries).Select(q => new[] { q * 7, (q + 5) % Candidates })];
        int[] ranks = RetrievalRanks.Compute(queries, candidates, answers);
        for (int q = 0; q < Queries; q++)
        {
            double[] scores = [.. Enumerable.Range(0, Candidates).Select(c => Dot(queries, q, candidates, c))];
            int Rank(int answer) =>
                1 + Enumerable.Range(0, Candidates).Count(c => scores[c] > scores[answer] || (scores[c] == scores[answer] && c < answer));
            Assert.Equal(answers[q].Min(Rank), ranks[q]);
        }
    }

    [Fact]
    public void Medians_of_many_rows_are_drawn_by_the_seed()
    {
        var x = Tensor.Normal(new RandomGenerator(1), 1, 700, 8);
        var y = Tensor.Normal(new RandomGenerator(2), 1, 500, 8);
        double exact = BandwidthRule.Median.Resolve(x, y), drawn = BandwidthRule.Median.Resolve(x, y, 5, exactRows: 300);
        Assert.Equal(drawn, BandwidthRule.Median.Resolve(x, y, 5, exactRows: 300));
        Assert.NotEqual(drawn, BandwidthRule.Median.Resolve(x, y, 6, exactRows: 300));
        Assert.Equal(exact, drawn, 0.1);
    }

    [Theory]
    [InlineData("0.5", "0.5")]
    [InlineData("median", "median")]
    [InlineData("within*0.350", "within*0.35")]
    [InlineData("1e-2", "0.01")]
    public void Rules_are_read_and_written(string text, string canonical) => Assert.Equal(canonical, BandwidthRule.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("within*")]
    [InlineData("within*0")]
    [InlineData("0,5")]
    [InlineData("mean")]
    public void Other_rules_are_refused(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<InputException>(() => BandwidthRule.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Rows_that_are_all_the_same_have_no_median() =>
        Assert.Contains("give a number",
            Assert.Throws<InputException>(() => BandwidthRule.Median.Resolve(new Tensor(4, 2), new Tensor(4, 2))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Pairs_are_checked()
    {
        Assert.Contains("row 1 names image 3", Assert.Throws<InputException>(() => Pairing.From([0, 3], 3, 2, "P.npy")).Message,
            StringComparison.Ordinal);
        Assert.Contains("got 2 entries", Assert.Throws<InputException>(() => Pairing.From([0, 1], 3, 3, "P.npy")).Message,
            StringComparison.Ordinal);
        Assert.Contains("need pairs", Assert.Throws<InputException>(() => Evaluator.Evaluate(new Tensor(2, 2), new Tensor(3, 2))).Message,
            StringComparison.Ordinal);
    }

    private static void Compare(JsonObject expected, JsonObject actual, string where)
    {
        foreach (var (key, value) in expected)
        {
            if (value is JsonObject inner)
            {
                Compare(inner, actual[key]!.AsObject(), where + " " + key);
                continue;
            }

            double want = (double)value!, got = (double)actual[key]!;
            double tolerance = (1e-5 * Math.Abs(want)) + 1e-6;
            Assert.True(Math.Abs(want - got) <= tolerance, $"{where} {key}: expected {want:R}, got {got:R}");
        }
    }

    private static JsonObject Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) write(writer);
        return JsonNode.Parse(stream.ToArray())!.AsObject();
    }

    private static Tensor Rows(JsonNode values, int width)
    {
        float[] numbers = [.. values.AsArray().Select(v => (float)(double)v!)];
        return Tensor.From(numbers, numbers.Length / width, width);
    }

    private static double Dot(Tensor a, int row, Tensor b, int column)
    {
        double sum = 0;
        for (int d = 0; d < a.Width; d++) sum += (double)a.Span[(row * a.Width) + d] * b.Span[(column * a.Width) + d];
        return sum;
    }
}
