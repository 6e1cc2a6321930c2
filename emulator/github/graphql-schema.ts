import { buildSchema, type GraphQLSchema } from 'graphql';

/** The part of GitHub's public schema that is served; what is not here is refused by name, as GitHub refuses it. */
export const SCHEMA: GraphQLSchema = buildSchema(`
  scalar BigInt
  scalar DateTime
  scalar GitObjectID
  scalar URI

  type Query {
    viewer: User!
    repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
    node(id: ID!): Node
  }

  interface Node {
    id: ID!
  }

  interface Actor {
    login: String!
    url: URI!
    avatarUrl(size: Int): URI!
  }

  interface Comment {
    id: ID!
    author: Actor
    body: String!
    createdAt: DateTime!
    editor: Actor
    includesCreatedEdit: Boolean!
    lastEditedAt: DateTime
    updatedAt: DateTime!
    viewerDidAuthor: Boolean!
  }

  type User implements Node & Actor {
    id: ID!
    databaseId: Int
    login: String!
    url: URI!
    avatarUrl(size: Int): URI!
  }

  type Bot implements Node & Actor {
    id: ID!
    databaseId: Int
    login: String!
    url: URI!
    avatarUrl(size: Int): URI!
  }

  type Repository implements Node {
    id: ID!
    databaseId: Int
    name: String!
    nameWithOwner: String!
    isPrivate: Boolean!
    pullRequest(number: Int!): PullRequest
  }

  type PullRequest implements Node {
    id: ID!
    number: Int!
    title: String!
    url: URI!
    merged: Boolean!
    headRefOid: GitObjectID!
    headRefName: String!
    baseRefName: String!
    isCrossRepository: Boolean!
    comments(first: Int, last: Int, after: String, before: String): IssueCommentConnection!
  }

  type IssueCommentConnection {
    totalCount: Int!
    nodes: [IssueComment]
    pageInfo: PageInfo!
  }

  type PageInfo {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }

  type IssueComment implements Node & Comment {
    id: ID!
    databaseId: Int
    fullDatabaseId: BigInt
    body: String!
    author: Actor
    editor: Actor
    lastEditedAt: DateTime
    includesCreatedEdit: Boolean!
    viewerDidAuthor: Boolean!
    viewerCanUpdate: Boolean!
    url: URI!
    createdAt: DateTime!
    updatedAt: DateTime!
  }
`);
