using System.Net;
using System.Text.Json;
using CsAligner.Server.Tests.Serving;

namespace CsAligner.Server.Tests;

public sealed class StatsTests(Service service) : IClassFixture<Service>
{
    [Fact]
    public async Task CountsFollowEveryWrite()
    {
        (int images, int texts) = await CountAsync();
        await service.PostAsync("/v1/items", new { items = (object[])[new { id = "counted", text = "x" }] }, HttpStatusCode.Created);
        Assert.Equal((images, texts + 1), await CountAsync());
        await service.SendAsync(HttpMethod.Delete, "/v1/items/counted", null, HttpStatusCode.NoContent);
        Assert.Equal((images, texts), await CountAsync());
    }

    [Fact]
    public async Task TheySayWhatIsInTheIndex()
    {
        // The map waits for the first survey.
        await service.GetAsync("/v1/map");
        JsonElement stats = await service.GetAsync("/v1/stats");
        Assert.Equal(("icon-clip", Samples.Encoder.Width), (stats.Text("model"), stats.GetProperty("width").GetInt32()));
        JsonElement[] attributes = [.. stats.GetProperty("attributes").EnumerateArray()];
        Assert.Equal(["colour", "year"], attributes.Select(each => each.Text("name")));
        Assert.Equal(24, attributes[0].GetProperty("items").GetInt32());
        Assert.Equal(["blue 8", "green 8", "red 8"], attributes[0].GetProperty("values").EnumerateArray()
            .Select(each => $"{each.Text("value")} {each.GetProperty("items")}").Order(StringComparer.Ordinal));
        Assert.Equal((2000, 2011), (attributes[1].GetProperty("least").GetInt32(), attributes[1].GetProperty("most").GetInt32()));
        Assert.Equal(JsonValueKind.Null, stats.GetProperty("gap").GetProperty("before").ValueKind);
        Assert.True(DateTimeOffset.TryParse(stats.Text("surveyed_at"), null, out _));

        // The distance between the means of the rows, as they were made.
        double[] mean = new double[Samples.Encoder.Width];
        foreach (var item in Samples.Items)
        {
            double length = Math.Sqrt(item.Vector.ToArray().Sum(value => (double)value * value));
            int sign = item.Kind == Retrieval.RowKind.Image ? 1 : -1;
            for (int d = 0; d < mean.Length; d++) mean[d] += sign * item.Vector.Span[d] / (12 * length);
        }

        double expected = Math.Sqrt(mean.Sum(value => value * value));
        Assert.Equal(expected, stats.GetProperty("gap").GetProperty("after").GetProperty("centroid_distance").GetDouble(), 2e-3);
    }

    [Fact]
    public async Task TheMapShowsEveryItemInItsFrame()
    {
        JsonElement map = await service.GetAsync("/v1/map");
        JsonElement[] points = [.. map.GetProperty("points").EnumerateArray()];
        Assert.Equal(Samples.Items.Select(item => item.Id).Order(StringComparer.Ordinal),
            points.Select(point => point.Text("id")).Order(StringComparer.Ordinal));
        double[] places = [.. points.SelectMany(point => point.GetProperty("after").EnumerateArray().Select(value => value.GetDouble()))];
        Assert.All(places, place => Assert.InRange(place, -1, 1));
        Assert.Equal(1, places.Max(Math.Abs), 1e-3);
        Assert.All(points, point => Assert.Equal(JsonValueKind.Null, point.GetProperty("before").ValueKind));
    }

    [Fact]
    public async Task RowsBeforeAlignmentAreShownWhereTheyAreKnown()
    {
        await using Service aligned = await Service.StartAsync(options => options with
        {
            RowBefore = id => id == "text:0" ? null : [id[0] == 'i' ? 1 : -1, id[^1] - '0', 1],
        });
        JsonElement map = await aligned.GetAsync("/v1/map");
        Assert.Equal(["text:0"], map.GetProperty("points").EnumerateArray()
            .Where(point => point.GetProperty("before").ValueKind == JsonValueKind.Null).Select(point => point.Text("id")));
        Assert.True(map.GetProperty("gap").GetProperty("before").GetProperty("centroid_distance").GetDouble() > 0);
    }

    private async Task<(int Images, int Texts)> CountAsync()
    {
        JsonElement items = (await service.GetAsync("/v1/stats")).GetProperty("items");
        return (items.GetProperty("images").GetInt32(), items.GetProperty("texts").GetInt32());
    }
}
