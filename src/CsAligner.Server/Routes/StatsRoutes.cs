using System.Globalization;
using System.Text.Json;
using CsAligner.Search;
using CsAligner.Search.Items;
using CsAligner.Search.Surveys;
using CsAligner.Server.Encoding;
using CsAligner.Server.Items;
using CsAligner.Server.Requests;
using CsAligner.Server.Surveys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary><c>/v1/stats</c> and <c>/v1/map</c>: what is in the index, and how it lies.</summary>
internal sealed class StatsRoutes(ISearchIndex index, SpaceEncoder encoder, SurveyKeeper surveys, ItemJson items)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/stats", (RequestDelegate)StatsAsync);
        routes.MapGet("/v1/map", (RequestDelegate)MapAsync);
    }

    private async Task StatsAsync(HttpContext context)
    {
        ItemCounts counts = await index.CountAsync(context.RequestAborted);
        Surveyed? surveyed = surveys.Last;
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("model", encoder.Name);
            writer.WriteNumber("width", index.Width);
            writer.WriteStartObject("items");
            writer.WriteNumber("images", counts.Images);
            writer.WriteNumber("texts", counts.Texts);
            writer.WriteEndObject();
            writer.WriteBoolean("partial", counts.Partial);
            writer.WriteStartArray("attributes");
            foreach (AttributeSummary attribute in surveyed?.Survey.Attributes ?? []) Write(writer, attribute);
            writer.WriteEndArray();
            WriteGaps(writer, surveyed?.Map);
            writer.WriteString("surveyed_at", surveyed?.At.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        });
    }

    private async Task MapAsync(HttpContext context)
    {
        SpaceMap map = (await surveys.GetAsync(context.RequestAborted)).Map;
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("points");
            for (int i = 0; i < map.Items.Count; i++)
            {
                SearchItem item = map.Items[i];
                writer.WriteStartObject();
                writer.WriteString("id", item.Id);
                writer.WriteString("kind", ItemJson.NameOf(item.Kind));
                writer.WriteString("name", item.Name ?? item.Text);
                writer.WriteString("picture", items.PictureAddress(item));
                WritePlace(writer, "after", map.After, i);
                WritePlace(writer, "before", map.Before, i);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            WriteGaps(writer, map);
            writer.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter writer, AttributeSummary attribute)
    {
        writer.WriteStartObject();
        writer.WriteString("name", attribute.Name);
        writer.WriteNumber("items", attribute.Items);
        writer.WriteStartArray("values");
        foreach (var (value, count) in attribute.Values)
        {
            writer.WriteStartObject();
            writer.WriteString("value", value);
            writer.WriteNumber("items", count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteNumber(writer, "least", attribute.Least);
        WriteNumber(writer, "most", attribute.Most);
        writer.WriteEndObject();
    }

    private static void WriteGaps(Utf8JsonWriter writer, SpaceMap? map)
    {
        writer.WriteStartObject("gap");
        WriteGap("before", map?.GapBefore);
        WriteGap("after", map?.Gap);
        writer.WriteEndObject();

        void WriteGap(string name, Gap? gap)
        {
            if (gap is null)
            {
                writer.WriteNull(name);
                return;
            }

            writer.WriteStartObject(name);
            writer.WriteNumber("divergence", gap.Divergence);
            writer.WriteNumber("centroid_distance", gap.CentroidDistance);
            writer.WriteEndObject();
        }
    }

    private static void WritePlace(Utf8JsonWriter writer, string name, float[]? places, int item)
    {
        if (places is null || float.IsNaN(places[2 * item]))
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        writer.WriteNumberValue(Math.Round(places[2 * item], 4));
        writer.WriteNumberValue(Math.Round(places[(2 * item) + 1], 4));
        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }
}
