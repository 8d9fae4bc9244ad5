using System.Text.Json;
using CsAligner.Search;
using CsAligner.Search.Items;
using CsAligner.Server.Configuration;
using CsAligner.Server.Items;
using CsAligner.Server.Pictures;
using CsAligner.Server.Requests;
using CsAligner.Server.Security;
using CsAligner.Server.Surveys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary><c>/v1/items</c>: add, replace, remove, and page through.</summary>
internal sealed class ItemRoutes(ISearchIndex index, ItemReader reader, ItemJson items, PictureStore pictures, SurveyKeeper surveys,
    Gate gate, SearchServerOptions options)
{
    private const int MostItems = 1_000, MostListed = 1_000;

    private static readonly string[] FormFields = ["id", "name", "attributes", "image"], ListFields = ["limit", "after"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/items", (RequestDelegate)ListAsync);
        routes.MapPost("/v1/items", (RequestDelegate)AddAsync);
        routes.MapGet("/v1/items/{id}", (RequestDelegate)GetAsync);
        routes.MapPut("/v1/items/{id}", (RequestDelegate)PutAsync);
        routes.MapDelete("/v1/items/{id}", (RequestDelegate)DeleteAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var fields = await RequestFields.ReadAsync(context, ListFields, 0);
        ItemPage page = await index.ListAsync(fields.One("after"), fields.Number("limit", 50, 1, MostListed), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            Write(writer, page.Items);
            writer.WriteString("next", page.Next);
            writer.WriteBoolean("partial", page.Partial);
            writer.WriteEndObject();
        });
    }

    private async Task GetAsync(HttpContext context)
    {
        string id = ItemId.Of(context);
        SearchItem item = await FindAsync(id, context) ?? throw ItemId.Missing(id);
        await JsonAnswer.WriteAsync(context, writer => items.Write(writer, item));
    }

    private async Task AddAsync(HttpContext context)
    {
        gate.RequireWrite(context);
        var added = new List<NewItem>();
        if (context.Request.HasFormContentType)
        {
            var form = await RequestFields.ReadAsync(context, FormFields, options.MaxPictureBytes, 1);
            added.Add(await reader.ReadAsync(form, null, context.RequestAborted));
        }
        else
        {
            using JsonDocument document = await RequestFields.ReadJsonAsync(context);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("items", out JsonElement list)
                || list.ValueKind != JsonValueKind.Array)
                throw RequestFields.Unread("expected {\"items\": […]}");
            if (list.GetArrayLength() is 0 or > MostItems) throw RequestFields.Unread($"expected 1 to {MostItems} items at a time");

            // Embedded together; if one cannot be, none is added.
            added.AddRange(await Task.WhenAll(list.EnumerateArray().Select(item =>
                reader.ReadAsync(item, null, options.MaxPictureBytes, context.RequestAborted)).ToArray()));
        }

        await KeepAsync(added, context);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            Write(writer, added.Select(each => each.Item));
            writer.WriteEndObject();
        });
    }

    private async Task PutAsync(HttpContext context)
    {
        gate.RequireWrite(context);
        string id = ItemId.Of(context);
        NewItem item;
        if (context.Request.HasFormContentType)
        {
            var form = await RequestFields.ReadAsync(context, FormFields, options.MaxPictureBytes, 1);
            item = await reader.ReadAsync(form, id, context.RequestAborted);
        }
        else
        {
            using JsonDocument document = await RequestFields.ReadJsonAsync(context);
            item = await reader.ReadAsync(document.RootElement, id, options.MaxPictureBytes, context.RequestAborted);
        }

        await KeepAsync([item], context);
        await JsonAnswer.WriteAsync(context, writer => items.Write(writer, item.Item));
    }

    private async Task DeleteAsync(HttpContext context)
    {
        gate.RequireWrite(context);
        string id = ItemId.Of(context);
        SearchItem? item = await FindAsync(id, context);
        if (item is null || await index.RemoveAsync([id], context.RequestAborted) == 0) throw ItemId.Missing(id);
        pictures.Forget(item.Path);
        surveys.Changed();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task KeepAsync(List<NewItem> added, HttpContext context)
    {
        // Of several with one id the last stays, as in the index.
        NewItem[] last = [.. added.GroupBy(each => each.Item.Id, StringComparer.Ordinal).Select(same => same.Last())];
        IReadOnlyList<SearchItem> replaced = await index.GetAsync([.. last.Select(each => each.Item.Id)], context.RequestAborted);
        var written = new List<string?>();
        try
        {
            foreach (NewItem each in last)
                if (each.Upload is { } file && pictures.Keep(each.Item.Path!, file)) written.Add(each.Item.Path);
            await index.AddAsync([.. last.Select(each => each.Item)], context.RequestAborted);
        }
        catch (Exception failure) when (failure
            is not (IndexStoreException { Outcome: WriteOutcome.Unknown } or OperationCanceledException))
        {
            // Not those that were there: an item that stays has them. Where an item may have been added, its picture stays.
            foreach (string? path in written) pictures.Forget(path);
            throw;
        }

        HashSet<string?> kept = [.. last.Select(each => each.Item.Path)];
        foreach (SearchItem item in replaced.Where(item => !kept.Contains(item.Path))) pictures.Forget(item.Path);
        surveys.Changed();
    }

    private async Task<SearchItem?> FindAsync(string id, HttpContext context) =>
        await index.GetAsync([id], context.RequestAborted) is [var item] ? item : null;

    private void Write(Utf8JsonWriter writer, IEnumerable<SearchItem> list)
    {
        writer.WriteStartArray("items");
        foreach (SearchItem item in list) items.Write(writer, item);
        writer.WriteEndArray();
    }
}
