using CsAligner.Search;
using CsAligner.Search.Queries;
using CsAligner.Server.Configuration;
using CsAligner.Server.Encoding;
using CsAligner.Server.Items;
using CsAligner.Server.Metering;
using CsAligner.Server.Queries;
using CsAligner.Server.Requests;
using CsAligner.Server.Surveys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary><c>/v1/search</c>.</summary>
internal sealed class SearchRoutes(ISearchIndex index, QueryEncoder encoder, SurveyKeeper surveys, ItemJson items, ServerMeters meters,
    SearchServerOptions options)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/search", (RequestDelegate)SearchAsync);
        routes.MapPost("/v1/search", (RequestDelegate)SearchAsync);
    }

    private async Task SearchAsync(HttpContext context)
    {
        long begin = TimeProvider.System.GetTimestamp();
        var fields = await RequestFields.ReadAsync(context, SpaceQuery.Fields, options.MaxPictureBytes, SpaceQuery.MostPictures);
        var query = new SpaceQuery(fields);
        float[] vector = await query.EmbedAsync(index, encoder, context.RequestAborted);
        long embedded = TimeProvider.System.GetTimestamp();
        SearchAnswer answer = await query.FindAsync(index, vector, surveys, context.RequestAborted);
        meters.Searched(TimeProvider.System.GetElapsedTime(embedded), answer.Partial);
        double milliseconds = TimeProvider.System.GetElapsedTime(begin).TotalMilliseconds;
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("hits");
            foreach (SearchHit hit in answer.Hits.Skip(query.Offset).Take(query.Top)) items.Write(writer, hit.Item, hit.Score);
            writer.WriteEndArray();
            writer.WriteNumber("offset", query.Offset);
            writer.WriteBoolean("more", answer.Hits.Count > query.Offset + query.Top);
            writer.WriteBoolean("exact", answer.Exact);
            writer.WriteBoolean("partial", answer.Partial);
            writer.WriteNumber("milliseconds", Math.Round(milliseconds, 2));
            writer.WriteEndObject();
        });
    }
}
